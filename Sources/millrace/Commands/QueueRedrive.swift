import ByteCoding
import EventModel

/// Starts, follows and ends the move tasks of one dead-letter queue.
struct QueueRedrive {
    let client: QueueClient
    let queue: QueueClient.Queue
    let isJSON: Bool

    /// Time between two looks at a task.
    private static let pause = Duration.milliseconds(300)

    func start(to destination: String?, rate: Int?, isFollowed: Bool) throws(CommandFailure) {
        var members: [(String, JSONValue)] = [("SourceArn", .string(queue.arn))]
        if let destination {
            let isARN = ARN(destination) != nil
            let arn = isARN ? destination : try client.queue(named: destination).arn
            members.append(("DestinationArn", .string(arn)))
        }
        if let rate { members.append(("MaxNumberOfMessagesPerSecond", .number(String(rate)))) }
        switch try client.call("StartMessageMoveTask", .object(JSONObject(members))) {
        case .success: break
        case .failure(let code, let message): throw advice(code, message, destination)
        }
        guard !isFollowed else { return }
        let task = try client.moves(of: queue, limit: 1).first
        if isJSON {
            if let task { StandardOutput.write(task.json.text + "\n") }
            return
        }
        let count = Text.number(task?.toMove ?? 0)
        StandardOutput.write(
            """
            Moving \(count) message(s) of \(queue.name) \(QueueView.direction(task?.destination)).
            See how far it is with: millrace queue \(queue.name)
            End it with:            millrace queue cancel \(queue.name)

            """)
    }

    /// Shows the newest task until it has ended; the exit code is 0 when it moved everything.
    func follow() throws(CommandFailure) -> Int32 {
        Interruption.watch()
        var shown = ""
        while true {
            guard let task = try client.moves(of: queue, limit: 1).first else {
                throw CommandFailure(
                    "The task of \(queue.name) is gone: the queue was deleted and made anew.")
            }
            let line = isJSON ? task.json.text : QueueView.progress(task)
            if line != shown {
                let isLive = !isJSON && StandardOutput.isTerminal
                StandardOutput.write(isLive ? "\r\(line)\u{1B}[K\(task.isActive ? "" : "\n")" : line + "\n")
                shown = line
            }
            guard task.isActive else { return try end(task) }
            guard !Interruption.wasAskedFor else {
                if !isJSON {
                    StandardOutput.write(
                        "\nThe task goes on. End it with: millrace queue cancel \(queue.name)\n")
                }
                return 0
            }
            SystemTime.pause(Self.pause)
        }
    }

    private func end(_ task: MoveReport) throws(CommandFailure) -> Int32 {
        switch task.status {
        case "COMPLETED": return 0
        case "FAILED": throw CommandFailure(QueueView.advice(onFailure: task.failure ?? "", queue.name))
        default: return 1
        }
    }

    func cancel() throws(CommandFailure) {
        guard let handle = try client.moves(of: queue, limit: 1).first?.handle else {
            throw CommandFailure(
                "No messages of \(queue.name) are being moved. See its tasks with: millrace queue \(queue.name)"
            )
        }
        switch try client.call("CancelMessageMoveTask", ["TaskHandle": .string(handle)]) {
        case .success(let answer):
            let moved = answer["ApproximateNumberOfMessagesMoved"]?.intValue ?? 0
            StandardOutput.write(
                isJSON
                    ? answer.text + "\n"
                    : "Cancelled after \(Text.number(moved)) message(s); the others stay in \(queue.name).\n")
        case .failure(let code, let message): throw client.failed(code, message)
        }
    }

    private func advice(_ code: String, _ message: String, _ destination: String?) -> CommandFailure {
        switch code {
        case "InvalidParameterValueException" where message.contains("Dead Letter Queue"):
            CommandFailure(
                """
                \(queue.name) is the dead-letter queue of no queue, and only such queues can be moved. A queue names it with:
                  aws --endpoint-url \(client.endpoint) sqs set-queue-attributes --queue-url URL --attributes \
                '{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"\(queue.arn)\\",\\"maxReceiveCount\\":5}"}'
                """)
        case "InvalidParameterValueException" where message.contains("already a task"):
            CommandFailure(
                """
                Messages of \(queue.name) are being moved already. See how far it is with: millrace queue \(queue.name)
                or end it with: millrace queue cancel \(queue.name)
                """)
        case "ResourceNotFoundException" where destination != nil:
            CommandFailure(
                "There is no queue \(destination ?? "") to move to. See those there are with: millrace status"
            )
        default: client.failed(code, message)
        }
    }
}
