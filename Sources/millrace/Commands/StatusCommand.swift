import ByteCoding

/// `millrace status`: what the daemon is and what each mapping does.
enum StatusCommand {
    static let verb = Verb(
        "status",
        summary:
            "Shows mappings with their state, what they did and what they wait for; queues; streams; topics.",
        options: [Endpoint.option, Option("json", nil, "Print JSON.")])

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 0, of: verb)
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let report = try client.report("/_millrace/status", as: StatusReport.self)
        StandardOutput.write(
            arguments.has("json")
                ? report.json.text + "\n" : StatusView.lines(report).joined(separator: "\n") + "\n")
        return 0
    }
}

/// Lays out status reports as text.
enum StatusView {
    static func lines(_ report: StatusReport) -> [String] {
        let uptime = Text.seconds(Double(report.nowAtMs - report.startedAtMs) / 1_000)
        var lines = [
            "Millrace \(report.version) at \(report.address), up \(uptime)",
            "data in \(report.dataDirectory) (durability \(report.durability)), "
                + "\(report.environments) of \(report.concurrencyLimit) handler processes",
        ]
        lines += section("MAPPINGS", mappings(report.mappings), none: "no mappings")
        lines += section("QUEUES", queues(report.queues), none: nil)
        lines += section("STREAMS", streams(report.streams), none: nil)
        lines += section("TOPICS", topics(report.topics), none: nil)
        return lines
    }

    private static func section(_ title: String, _ table: TextTable, none: String?) -> [String] {
        guard table.rows.isEmpty else { return ["", title] + table.lines.map { "  " + $0 } }
        return none.map { ["", title, "  " + $0] } ?? []
    }

    private static func mappings(_ mappings: [MappingStatus]) -> TextTable {
        var table = TextTable([
            .left("ID"), .left("SOURCE"), .left("FUNCTION"), .left("STATE"), .left("LAST RESULT"),
            .right("IN FLIGHT"),
            .right("RECORDS"), .right("BATCHES"), .right("RETRIES"), .right("BISECTS"),
            .right("FILTERED"), .right("DISCARDED"),
            .left("WAITS FOR"),
        ])
        for mapping in mappings {
            table.add([
                String(mapping.id.prefix(8)), "\(mapping.sourceKind) \(mapping.sourceName)", mapping.function,
                mapping.state, mapping.lastResult ?? "–", Text.number(mapping.inFlight),
                Text.number(mapping.records),
                Text.number(mapping.batches), Text.number(mapping.retries), Text.number(mapping.bisects),
                Text.number(mapping.filtered), Text.number(mapping.discarded), mapping.waitsFor,
            ])
        }
        return table
    }

    private static func queues(_ queues: [QueueStatus]) -> TextTable {
        var table = TextTable([
            .left("NAME"), .right("VISIBLE"), .right("IN FLIGHT"), .right("DELAYED"),
            .left("DEAD LETTERS TO"), .right("NEVER EXECUTED"),
        ])
        for queue in queues {
            table.add([
                queue.name, Text.number(queue.visible), Text.number(queue.inFlight),
                Text.number(queue.delayed),
                queue.deadLetterQueue ?? "–", Text.number(queue.neverExecuted),
            ])
        }
        return table
    }

    private static func topics(_ topics: [TopicStatus]) -> TextTable {
        var table = TextTable([
            .left("NAME"), .right("SUBSCRIPTIONS"), .right("UNCONFIRMED"), .right("DELIVERIES WAITING"),
        ])
        for topic in topics {
            table.add([
                topic.name, Text.number(topic.subscriptions), Text.number(topic.pending),
                Text.number(topic.waitingDeliveries),
            ])
        }
        return table
    }

    private static func streams(_ streams: [StreamStatus]) -> TextTable {
        var table = TextTable([.left("NAME"), .left("KIND"), .right("SHARDS"), .right("RECORDS")])
        for stream in streams {
            table.add([
                stream.name, stream.isTableStream ? "table" : "stream", Text.number(stream.shards),
                Text.number(stream.records),
            ])
        }
        return table
    }
}
