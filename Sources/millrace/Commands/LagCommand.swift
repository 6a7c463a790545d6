import ByteCoding

/// `millrace lag`: how far each mapping is behind its source, per shard.
enum LagCommand {
    static let verb = Verb(
        "lag", operands: "[MAPPING]",
        summary: """
            Shows how old records are when they are read, when their invocation starts and when they are settled,
            how many are behind, and when none will be at the present rates. MAPPING is an ID or its beginning, a
            function, or the name of a queue, stream or table.
            """,
        options: [
            Endpoint.option,
            Option("watch", nil, "Show it again every second until Ctrl-C."),
            Option("interval", "TIME", "Time between two views of --watch (default 1s)."),
            Option("json", nil, "Print JSON; with --watch one object a line."),
        ],
        notes: """
            AGE columns are of the last batch: READ when it was read, INVOKE when its invocation started (what AWS
            calls IteratorAge), SETTLED when it was settled. P99 and MAX are of INVOKE since the daemon started.
            The curve is the age of the oldest unsettled record over the last minutes, one step a second.
            """)

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 1, of: verb)
        let interval = try arguments["interval"]?.duration() ?? .seconds(1)
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let isWatching = arguments.has("watch")
        if isWatching { Interruption.watch() }
        repeat {
            let report = try client.report("/_millrace/lag", as: LagReport.self)
            let mappings = try MappingChoice.matching(arguments.operands.first, among: report.mappings)
            if arguments.has("json") {
                StandardOutput.write(LagReport(nowAtMs: report.nowAtMs, mappings: mappings).json.text + "\n")
            } else {
                let isLive = isWatching && StandardOutput.isTerminal
                let text =
                    LagView.lines(mappings).map { isLive ? $0 + "\u{1B}[K" : $0 }.joined(separator: "\n")
                    + "\n"
                StandardOutput.write(isLive ? "\u{1B}[H\(text)\u{1B}[J" : text)
            }
            if isWatching { SystemTime.pause(interval) }
        } while isWatching && !Interruption.wasAskedFor
        return 0
    }
}

/// Lays out lag reports as text.
enum LagView {
    /// Samples shown of a history: two minutes are enough to see a trend, and fit beside the numbers.
    private static let historyWidth = 40

    static func lines(_ mappings: [MappingStatus]) -> [String] {
        guard !mappings.isEmpty else { return ["There are no mappings yet."] }
        return Array(mappings.map { lines($0) }.joined(separator: [""]))
    }

    private static func lines(_ mapping: MappingStatus) -> [String] {
        var lines = [
            "\(mapping.sourceKind) \(mapping.sourceName) → \(mapping.function)  [\(mapping.state)]  \(mapping.id)"
        ]
        var table = TextTable([
            .left("SHARD"), .right("BEHIND"), .right("READ"), .right("INVOKE"), .right("P99"), .right("MAX"),
            .right("SETTLED"), .right("DRAIN/S"), .right("EMPTY IN"), .left("AGE OF THE OLDEST"),
        ])
        for shard in mapping.shards {
            table.add([
                shard.shard.isEmpty ? "(queue)" : shortShard(shard.shard), Text.number(shard.recordsBehind),
                Text.milliseconds(shard.ageAtRead.nowMs), Text.milliseconds(shard.ageAtInvoke.nowMs),
                Text.milliseconds(shard.ageAtInvoke.p99Ms), Text.milliseconds(shard.ageAtInvoke.maxMs),
                Text.milliseconds(shard.ageAtCompletion.nowMs),
                Text.number(Int(shard.drainPerSecond.rounded())),
                drain(shard), Text.sparkline(shard.history, width: historyWidth),
            ])
        }
        lines += mapping.shards.isEmpty ? ["  no shards in hand"] : table.lines.map { "  " + $0 }
        lines += inLine(mapping).map { "  " + $0 }
        let error = mapping.lastError ?? mapping.shards.compactMap(\.lastError).last
        if let error { lines.append("  last error: \(error.cut(to: 100))") }
        return lines
    }

    /// A line for each shard whose parents are not through.
    static func inLine(_ mapping: MappingStatus) -> [String] {
        mapping.shards.filter { !$0.waitsForShards.isEmpty }.map { shard in
            let parents = shard.waitsForShards.map(shortShard).joined(separator: " and ")
            return "\(shortShard(shard.shard)) waits for the end of \(parents)"
        }
    }

    private static func drain(_ shard: ShardStatus) -> String {
        if shard.recordsBehind == 0 { return "now" }
        return shard.drainSeconds.map { Text.seconds($0) } ?? "never"
    }

    /// Zeros of a shard's name tell nothing: `shardId-3` for `shardId-000000000003`.
    static func shortShard(_ shard: String) -> String {
        guard shard.hasPrefix("shardId-") else { return shard }
        let number = shard.dropFirst(8).drop { $0 == "0" }
        return "shardId-" + (number.isEmpty || number.hasPrefix("-") ? "0" : "") + number
    }
}
