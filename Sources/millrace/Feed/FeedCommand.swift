import ByteCoding

/// `millrace feed`: test records for a stream, a queue or a table.
enum FeedCommand {
    static let verb = Verb(
        "feed", operands: "stream|queue|table NAME",
        summary:
            "Sends test records, from a generator or from a file, through the API that every client uses.",
        options: [
            Endpoint.option,
            Option(
                "count", "N", "Records to send (default 100 if neither --for, --rate nor --file is given)."),
            Option("for", "TIME", "How long to send: 500ms, 30s, 5m."),
            Option("rate", "N", "Records per second (default as fast as it goes)."),
            Option("burst", "N", "Send so many at a time, at the same average rate."),
            Option("file", "FILE", "One record a line from a file, - for standard input."),
            Option("template", "TEXT", "What a generated record looks like; see below."),
            Option("size", "BYTES", "Size of a generated record, filled by {{pad}} (default 200)."),
            Option("keys", "N", "Number of partition keys (default 100)."),
            Option("skew", "S", "0 uses all keys alike (default); 1 makes the n-th key n times rarer."),
            Option("poison", "SHARE", "Share of poison records, 1% or 0.01; handlers see {{poison}}."),
            Option("seed", "N", "Same seed, same records (default 1)."),
            Option("start", "N", "Number of the first record (default 0)."),
            Option("connections", "N", "Connections at a time (default 1, which keeps the order)."),
            Option("json", nil, "Print the summary as JSON."),
        ],
        notes: RecordTemplate.documentation)

    /// What the command line asks for.
    struct Plan {
        var kind: String
        var name: String
        var count: Int?
        var length: Duration?
        var pace: Pace
        var connections: Int
        var file: String?
        var start: Int
        var generator: RecordGenerator
    }

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        let plan = try plan(arguments)
        let endpoint = Endpoint.chosen(arguments, environment)
        let client = try ServiceClient(endpoint: endpoint, environment: environment)
        let target = try FeedTarget.open(plan.kind, plan.name, client)
        let source =
            try plan.file.map { path throws(CommandFailure) in
                try RecordSource(file: path, from: plan.start, count: plan.count)
            } ?? RecordSource(plan.generator, from: plan.start, count: plan.count)
        let feeder = Feeder(
            source, to: target, endpoint: client.endpoint, environment: environment, pace: plan.pace,
            length: plan.length, connections: plan.connections)
        Interruption.watch()
        let threads = try feeder.launch()
        let display = FeedDisplay(feeder, name: "\(plan.kind) \(plan.name)")
        display.showUntilDone()
        for thread in threads { thread.join() }
        return display.summarize(asJSON: arguments.has("json"), isGenerated: plan.file == nil)
    }

    static func plan(_ arguments: Arguments) throws(UsageError) -> Plan {
        let kinds = ["stream", "queue", "table"]
        guard arguments.operands.count == 2, let kind = arguments.operands.first, kinds.contains(kind) else {
            throw UsageError("millrace feed needs what to feed: stream NAME, queue NAME or table NAME.")
        }
        let rate = try arguments["rate"]?.number()
        let burst = try arguments["burst"]?.integer(in: 1...1_000_000)
        if burst != nil, rate == nil {
            throw UsageError("--burst needs --rate, the average that bursts add up to.")
        }
        let length = try arguments["for"]?.duration()
        let file = arguments["file"]?.text
        let isOpenEnded = length != nil || rate != nil || file != nil
        let count = try arguments["count"]?.integer(in: 1...1_000_000_000)
        return Plan(
            kind: kind, name: arguments.operands[1], count: count ?? (isOpenEnded ? nil : 100),
            length: length,
            pace: Pace(rate: rate, burst: burst ?? 1),
            connections: try arguments["connections"]?.integer(in: 1...64) ?? 1, file: file,
            start: try arguments["start"]?.integer(in: 0...1_000_000_000_000) ?? 0,
            generator: try generator(arguments))
    }

    private static func generator(_ arguments: Arguments) throws(UsageError) -> RecordGenerator {
        if arguments.has("file") {
            for name in ["template", "size", "keys", "skew", "poison", "seed"] where arguments.has(name) {
                throw UsageError(
                    "--\(name) is for generated records; with --file the lines are sent as they are.")
            }
        }
        let template = try RecordTemplate(parsing: arguments["template"]?.text ?? RecordTemplate.standard)
        let poison = try arguments["poison"]?.fraction() ?? 0
        if poison > 0, !template.pieces.contains(.poison) {
            throw UsageError("--poison needs {{poison}} in the template, or no handler could tell.")
        }
        return RecordGenerator(
            template: template, seed: UInt64(try arguments["seed"]?.integer(in: 0...Int.max) ?? 1),
            size: try arguments["size"]?.bytes(in: 1...1_048_576) ?? 200, poison: poison,
            keyCount: try arguments["keys"]?.integer(in: 1...1_000_000) ?? 100,
            skew: try arguments["skew"]?.number(allowingZero: true) ?? 0)
    }
}

/// Tells the user how a feed is going and what came of it.
struct FeedDisplay {
    private let feeder: Feeder
    private let name: String

    init(_ feeder: Feeder, name: String) {
        self.feeder = feeder
        self.name = name
    }

    /// Shows progress on standard error: a line that changes on a terminal, else one every five seconds.
    func showUntilDone() {
        let isLive = StandardError.isTerminal
        let interval = isLive ? 0.25 : 5.0
        var nextLine = interval
        while feeder.isRunning {
            SystemTime.pause(.milliseconds(20))
            guard feeder.elapsed.inSeconds >= nextLine else { continue }
            nextLine = feeder.elapsed.inSeconds + interval
            StandardError.write(isLive ? "\r\(line)\u{1B}[K" : line + "\n")
        }
        if isLive { StandardError.write("\r\u{1B}[K") }
    }

    private var line: String {
        let progress = feeder.snapshot
        let rejected = progress.rejectedCount > 0 ? ", \(Text.number(progress.rejectedCount)) rejected" : ""
        return "\(name): \(Text.number(progress.accepted)) records\(rejected), \(rate(progress))/s, "
            + Text.seconds(feeder.elapsed.inSeconds)
    }

    private func rate(_ progress: Feeder.Progress) -> String {
        let seconds = feeder.elapsed.inSeconds
        return Text.number(seconds > 0 ? Int(Double(progress.accepted) / seconds) : 0)
    }

    func summarize(asJSON: Bool, isGenerated: Bool) -> Int32 {
        let progress = feeder.snapshot
        if asJSON {
            StandardOutput.write(json(progress).text + "\n")
        } else {
            var lines = [
                "\(name): \(Text.number(progress.accepted)) records accepted, "
                    + "\(Text.number(progress.rejectedCount)) rejected, in \(Text.seconds(feeder.elapsed.inSeconds)) "
                    + "(\(rate(progress))/s, \(Text.bytes(progress.bytes)))"
            ]
            if isGenerated, progress.poison > 0 {
                lines.append("  poison among them: \(Text.number(progress.poison))")
            }
            for (code, count) in progress.rejected.sorted(by: { $0.key < $1.key }) {
                lines.append("  rejected with \(code): \(Text.number(count))")
            }
            if progress.unknown > 0 {
                lines.append("  sent without an answer: \(Text.number(progress.unknown))")
            }
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
        }
        if let failure = progress.failure { StandardError.write("millrace feed: \(failure)\n") }
        return progress.failure == nil && progress.rejectedCount == 0 && progress.unknown == 0 ? 0 : 1
    }

    private func json(_ progress: Feeder.Progress) -> JSONValue {
        let rejected = progress.rejected.sorted { $0.key < $1.key }.map {
            ($0.key, JSONValue.number(String($0.value)))
        }
        var object = JSONObject([
            ("target", .string(name)), ("accepted", .number(String(progress.accepted))),
            ("rejected", .number(String(progress.rejectedCount))),
            ("rejectedByCode", .object(JSONObject(rejected))),
            ("unknown", .number(String(progress.unknown))), ("poison", .number(String(progress.poison))),
            ("bytes", .number(String(progress.bytes))),
            ("seconds", .number(Text.decimal(feeder.elapsed.inSeconds, places: 3))),
        ])
        if let failure = progress.failure { object["failure"] = .string(failure) }
        return .object(object)
    }
}
