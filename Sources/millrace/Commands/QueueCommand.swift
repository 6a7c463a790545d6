import ByteCoding

/// `millrace queue`: one queue with its messages, policies and move tasks, and dead letters on their way back.
enum QueueCommand {
    static let verb = Verb(
        "queue", operands: "[show|redrive|cancel] QUEUE",
        summary: """
            Shows a queue's counters, policies and message move tasks; redrive moves the messages of a dead-letter
            queue back to the queues they came from, or elsewhere; cancel ends that. QUEUE is a name.
            """,
        options: [
            Endpoint.option,
            Option(
                "to", "QUEUE",
                "redrive: the queue to move to, an ARN or a name (default where each came from)."),
            Option("rate", "N", "redrive: messages a second at most, 1 to 500 (default as fast as it goes)."),
            Option("follow", nil, "redrive: show the progress until the task has ended."),
            Option("json", nil, "Print JSON; with --follow one object a line."),
        ],
        notes: """
            Moved messages are new ones: they get another ID and sent time, and their receive count begins anew. With
            --follow the exit code is 0 only if all messages were moved. Ctrl-C ends the view, not the task.
            """)

    private static let actions: [String] = ["show", "redrive", "cancel"]

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        let (action, name) = try operands(arguments)
        for flag in ["to", "rate", "follow"] where action != "redrive" && arguments.has(flag) {
            throw UsageError("--\(flag) goes with redrive: millrace queue redrive \(name) --\(flag)")
        }
        let rate = try arguments["rate"]?.integer(in: 1...500)
        let client = QueueClient(
            try ServiceClient(endpoint: Endpoint.chosen(arguments, environment), environment: environment))
        let queue = try client.queue(named: name)
        let isJSON = arguments.has("json")
        switch action {
        case "redrive":
            let redrive = QueueRedrive(client: client, queue: queue, isJSON: isJSON)
            try redrive.start(to: arguments["to"]?.text, rate: rate, isFollowed: arguments.has("follow"))
            return arguments.has("follow") ? try redrive.follow() : 0
        case "cancel":
            try QueueRedrive(client: client, queue: queue, isJSON: isJSON).cancel()
            return 0
        default:
            let report = try client.report(of: queue)
            StandardOutput.write(
                isJSON ? report.json.text + "\n" : QueueView.lines(report).joined(separator: "\n") + "\n")
            return 0
        }
    }

    /// A queue may be called like an action: two words are an action and a queue.
    private static func operands(_ arguments: Arguments) throws(UsageError) -> (action: String, name: String)
    {
        try arguments.expectOperands(atMost: 2, of: verb)
        switch arguments.operands.count {
        case 0: throw UsageError("millrace queue needs a QUEUE. See millrace status for those there are.")
        case 1:
            let word = arguments.operands[0]
            guard !actions.contains(word) else {
                throw UsageError("millrace queue \(word) needs a QUEUE: millrace queue \(word) NAME")
            }
            return ("show", word)
        default:
            let word = arguments.operands[0]
            guard actions.contains(word) else {
                throw UsageError(
                    "millrace queue knows no '\(word)'. It has: " + actions.joined(separator: ", ") + ".")
            }
            return (word, arguments.operands[1])
        }
    }
}
