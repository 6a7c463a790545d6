/// Receiving ten messages and deleting them over HTTP, beside the same cycle in SQLite with nothing around it.
enum QueueCycleBench {
    private static let connections = 8

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for durability in [RawDatabase.Durability.full, .normal] {
            let messages = run.scaled(durability == .full ? 60_000 : 120_000, quick: 500)
            let folder = try run.folder("cycles-\(durability.rawValue)")
            let daemon = try BenchDaemon(
                program: run.program, directory: folder, durability: durability.rawValue)
            defer { daemon.stop() }
            let url = try daemon.createQueue("cycles")
            var rates: [Double] = []
            var raw: [Double] = []
            for round in 0..<run.scaled(3, quick: 1) {
                rates.append(try cycle(run, daemon, url, messages, round))
                raw.append(
                    try RawCycle.rate(
                        path: "\(folder)/raw-\(round).db", durability, messages: messages,
                        bytes: run.recordBytes))
            }
            report.add(
                Figure(
                    name: "receive+delete x10, 8 conn, \(durability.rawValue)",
                    value: QueueBench.median(rates), unit: "msg/s", baseline: QueueBench.median(raw),
                    baselineName: "raw cycle", targetRatio: 0.5))
        }
    }

    /// Messages per second; a tenth more than are taken wait, so that the end is like the middle.
    private static func cycle(
        _ run: BenchRun, _ daemon: BenchDaemon, _ url: String, _ messages: Int, _ round: Int
    ) throws(BenchError) -> Double {
        let calls = (round == 0 ? messages + messages / 10 : messages) / 10
        let request = WireRequest.sendMessageBatch(queueURL: url, bytes: run.recordBytes)
        _ = try WireLoad(port: daemon.port, connections: connections).run(calls: calls, request: request)
        let consumers = QueueConsumers(port: daemon.port, connections: connections, queueURL: url)
        return Double(messages) / (try consumers.run(messages: messages))
    }
}
