import ByteCoding
import EventModel

/// `millrace logs`: what a function printed, and what it prints from now on.
enum LogsCommand {
    static let verb = Verb(
        "logs", operands: "FUNCTION",
        summary: """
            Shows what a function printed, in the order of time, with START, END and REPORT of each invocation.
            FUNCTION may also be a log group: a name with a slash.
            """,
        options: [
            Endpoint.option,
            Option("follow", nil, "Go on with what it prints from now on, until Ctrl-C."),
            Option("since", "TIME", "How far to look back (default 10m)."),
            Option(
                "filter", "PATTERN",
                "Only events that match a filter pattern of CloudWatch Logs: ERROR, '{ $.level = \"ERROR\" }'."
            ),
            Option("json", nil, "Print one JSON object a line, with stream and times."),
        ],
        notes: """
            Lines are there about a tenth of a second after they were printed.
            """)

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 1, of: verb)
        guard let function = arguments.operands.first, !function.isEmpty else {
            throw UsageError("millrace logs needs the name of a function.")
        }
        let since = try arguments["since"]?.duration() ?? .seconds(600)
        let follows = arguments.has("follow")
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let group = function.contains("/") ? function : "/aws/lambda/\(function)"
        var tail = LogTailing(
            client: client, group: group, pattern: arguments["filter"]?.text, since: RealClock.now() - since)
        if follows { Interruption.watch() }
        repeat {
            // A function that has not run has no group yet; who follows waits for it.
            let isThere = try tail.read { event in
                StandardOutput.write((arguments.has("json") ? event.json.text : event.line) + "\n")
            }
            if !isThere, !follows { throw nothing(function, group) }
            if follows { SystemTime.pause(pause) }
        } while follows && !Interruption.wasAskedFor
        return 0
    }

    /// Between two looks of `--follow`.
    private static let pause = Duration.milliseconds(300)

    private static func nothing(_ function: String, _ group: String) -> CommandFailure {
        CommandFailure(
            "There is no log group \(group): \(function) has printed nothing yet. See it come with --follow.")
    }
}

/// An event of a function's log as it is shown.
struct ShownLogEvent {
    let id: String
    let stream: String
    let atMilliseconds: Int64
    /// With its line feed.
    let message: String

    init?(_ json: JSONValue) {
        guard let id = json["eventId"]?.stringValue, let stream = json["logStreamName"]?.stringValue,
            let at = json["timestamp"]?.intValue, let message = json["message"]?.stringValue
        else { return nil }
        self.id = id
        self.stream = stream
        atMilliseconds = Int64(at)
        self.message = message
    }

    private var text: String { message.hasSuffix("\n") ? String(message.dropLast()) : message }

    var line: String {
        let time = Timestamp(millisecondsSinceEpoch: atMilliseconds).iso8601Milliseconds
        return "\(time) \(text)"
    }

    var json: JSONValue {
        .object(
            JSONObject([
                ("timestamp", .number(String(atMilliseconds))), ("logStreamName", .string(stream)),
                ("eventId", .string(id)), ("message", .string(text)),
            ]))
    }
}

/// Reads a log group again and again and shows each event once.
struct LogTailing {
    /// Lines of two environments may come to the store in another order than that of their times, by less than this.
    private static let overlap = Duration.seconds(5)

    private let client: ServiceClient
    private let group: String
    private let pattern: String?
    private var since: Timestamp
    /// Shown already, of the stretch that is read again.
    private var shown: [String: Int64] = [:]

    init(client: ServiceClient, group: String, pattern: String?, since: Timestamp) {
        self.client = client
        self.group = group
        self.pattern = pattern
        self.since = since
    }

    /// Calls `show` for each event that was not shown yet.
    ///
    /// - Returns: False when the group is not there.
    mutating func read(_ show: (ShownLogEvent) -> Void) throws(CommandFailure) -> Bool {
        var newest = since
        var token: JSONValue?
        repeat {
            var body = JSONObject([
                ("logGroupName", .string(group)),
                ("startTime", .number(String(max(0, since.millisecondsSinceEpoch)))),
            ])
            if let pattern { body["filterPattern"] = .string(pattern) }
            if let token { body["nextToken"] = token }
            let answer = try client.call(
                "Logs_20140328.FilterLogEvents", service: "logs", version: "1.1",
                body: JSONValue.object(body).bytes)
            switch answer {
            case .failure("ResourceNotFoundException", _): return false
            case .failure(let code, let message): throw CommandFailure("\(code): \(message)")
            case .success(let page):
                for event in (page["events"]?.arrayValue ?? []).compactMap({ ShownLogEvent($0) }) {
                    newest = max(newest, Timestamp(millisecondsSinceEpoch: event.atMilliseconds))
                    if shown.updateValue(event.atMilliseconds, forKey: event.id) == nil { show(event) }
                }
                token = page["nextToken"].flatMap { $0.isNull ? nil : $0 }
            }
        } while token != nil && !Interruption.wasAskedFor
        since = max(since, newest - Self.overlap)
        let oldest = since.millisecondsSinceEpoch
        shown = shown.filter { $0.value >= oldest }
        return true
    }
}
