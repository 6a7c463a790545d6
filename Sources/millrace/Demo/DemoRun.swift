/// Feeds the demo's sources, shows what goes on, and explains it in the end.
struct DemoRun {
    private let client: ServiceClient
    private let sources: [DemoSource]

    init(endpoint: String, seed: UInt64, length: Duration) throws {
        let client = try ServiceClient(endpoint: endpoint, environment: [:])
        self.client = client
        let plan = [
            ("stream", "demo-Clicks", 400.0, "demo-FailedRecords"),
            ("queue", "demo-Orders", 100, "demo-OrderDeadLetters"),
            ("table", "demo-Items", 100, "demo-FailedRecords"),
        ]
        sources = try plan.enumerated().map { index, source in
            try DemoSource(
                kind: source.0, name: source.1, rate: source.2, seed: seed &+ UInt64(index), length: length,
                deadLetterQueue: source.3, client: client)
        }
    }

    /// Whether every record was either handled or is where poison belongs.
    func play() throws -> Bool {
        let threads = try sources.flatMap { try $0.feeder.launch() }
        defer {
            for source in sources { source.feeder.stop() }
            for thread in threads { thread.join() }
        }
        try show()
        if Interruption.wasAskedFor {
            StandardOutput.write("\nStopped before the end.\n")
            return false
        }
        let failures = sources.compactMap { $0.feeder.snapshot.failure }
        guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
        let summary = DemoSummary(
            sources: sources, status: try client.report("/_millrace/status", as: StatusReport.self),
            decisions: try client.report("/_millrace/decisions?limit=10000", as: DecisionReport.self)
                .decisions,
            discards: try client.report("/_millrace/discards?limit=10000", as: DiscardReport.self).discards)
        StandardOutput.write("\n" + summary.lines.joined(separator: "\n") + "\n")
        return summary.isComplete
    }

    // MARK: - While it runs

    private func show() throws(CommandFailure) {
        let isLive = StandardOutput.isTerminal
        let start = SystemTime.elapsed()
        var feedingEnded: Duration?
        // Plain lines for a log are worth their place every few seconds only.
        let interval: Duration = isLive ? .milliseconds(500) : .seconds(4)
        var nextView: Duration = isLive ? .zero : interval
        var shown = 0
        while !Interruption.wasAskedFor {
            let elapsed = SystemTime.elapsed() - start
            let isFeeding = sources.contains { $0.feeder.isRunning }
            if !isFeeding, feedingEnded == nil { feedingEnded = elapsed }
            let lag = try client.report("/_millrace/lag", as: LagReport.self)
            let status = try client.report("/_millrace/status", as: StatusReport.self)
            let isOver =
                feedingEnded.map { isSettled(lag) || elapsed - $0 > DemoCommand.settlingLimit } ?? false
            if elapsed >= nextView || isOver {
                nextView = elapsed + interval
                let view = DemoView(sources: sources, lag: lag, status: status)
                let lines = view.lines(elapsed: elapsed, isFeeding: isFeeding)
                let text = lines.map { isLive ? $0 + "\u{1B}[K" : $0 }.joined(separator: "\n") + "\n"
                StandardOutput.write(isLive && shown > 0 ? "\u{1B}[\(shown)A" + text + "\u{1B}[J" : text)
                shown = lines.count
            }
            if isOver { return }
            SystemTime.pause(.milliseconds(100))
        }
    }

    private func isSettled(_ lag: LagReport) -> Bool {
        lag.mappings.allSatisfy { mapping in
            mapping.inFlight == 0 && mapping.shards.allSatisfy { $0.recordsBehind == 0 }
        }
    }
}
