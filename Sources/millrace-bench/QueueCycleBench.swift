/// Receiving ten messages and deleting them over HTTP, beside the same cycle in SQLite with nothing around it.
enum QueueCycleBench {
    private static let connections = 8
    private static let groups = 1_000

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for durability in [RawDatabase.Durability.full, .normal] {
            let messages = run.scaled(durability == .full ? 60_000 : 120_000, quick: 500)
            let folder = try run.folder("cycles-\(durability.rawValue)")
            let daemon = try BenchDaemon(
                program: run.program, directory: folder, durability: durability.rawValue)
            defer { daemon.stop() }
            let standard = try daemon.createQueue("cycles")
            let fifo = try daemon.createQueue("cycles.fifo", isFIFO: true)
            var rates: [Double] = []
            var ordered: [Double] = []
            var raw: [Double] = []
            for round in 0..<run.scaled(3, quick: 1) {
                rates.append(try cycle(run, daemon, standard, isFIFO: false, messages, round))
                raw.append(
                    try RawCycle.rate(
                        path: "\(folder)/raw-\(round).db", durability, messages: messages,
                        bytes: run.recordBytes))
                ordered.append(try cycle(run, daemon, fifo, isFIFO: true, messages, round))
            }
            for (name, values, target) in [("standard", rates, 0.5), ("FIFO", ordered, 0.35)] {
                report.add(
                    Figure(
                        name: "receive+delete x10, \(name), \(durability.rawValue)",
                        value: QueueBench.median(values), unit: "msg/s",
                        baseline: QueueBench.median(raw), baselineName: "raw cycle",
                        targetRatio: target))
            }
        }
    }

    /// Messages per second; a tenth more than are taken wait, so that the end is like the middle.
    private static func cycle(
        _ run: BenchRun, _ daemon: BenchDaemon, _ url: String, isFIFO: Bool, _ messages: Int, _ round: Int
    ) throws(BenchError) -> Double {
        let calls = (round == 0 ? messages + messages / 10 : messages) / 10
        try fill(run, daemon, url, isFIFO: isFIFO, calls: calls, firstCall: round * messages)
        let consumers = QueueConsumers(port: daemon.port, connections: connections, queueURL: url)
        return Double(messages) / (try consumers.run(messages: messages))
    }

    static func fill(
        _ run: BenchRun, _ daemon: BenchDaemon, _ url: String, isFIFO: Bool, calls: Int, firstCall: Int
    ) throws(BenchError) {
        let load = WireLoad(port: daemon.port, connections: connections)
        guard isFIFO else {
            let request = WireRequest.sendMessageBatch(queueURL: url, bytes: run.recordBytes)
            _ = try load.run(calls: calls, request: request)
            return
        }
        let sends = FIFOSends(queueURL: url, groups: groups, bytes: run.recordBytes)
        _ = try load.run(calls: calls) { sends.request(firstCall + $0) }
    }
}
