/// Sends over HTTP, one message and ten a call, beside rows that threads hand to one SQLite writer.
enum QueueSendBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for durability in [RawDatabase.Durability.full, .normal] {
            let folder = try run.folder("sends-\(durability.rawValue)")
            let daemon = try BenchDaemon(
                program: run.program, directory: folder, durability: durability.rawValue)
            defer { daemon.stop() }
            let url = try daemon.createQueue("sends")
            let single = WireRequest.sendMessage(queueURL: url, bytes: run.recordBytes)
            let batch = WireRequest.sendMessageBatch(queueURL: url, bytes: run.recordBytes)
            for connections in [16, 1] {
                let calls = run.scaled(connections == 16 ? 60_000 : 8_000, quick: 64)
                let target = durability == .full && connections == 16 ? 0.6 : nil
                try measure(
                    run, daemon, "SendMessage", single, rows: 1, connections, calls, durability, folder,
                    target, &report)
                try measure(
                    run, daemon, "SendMessageBatch x10", batch, rows: 10, connections,
                    calls / (connections == 16 ? 6 : 2), durability, folder, nil, &report)
            }
        }
    }

    /// Both sides in turn, three times, and the median of each.
    private static func measure(
        _ run: BenchRun, _ daemon: BenchDaemon, _ name: String, _ request: [UInt8], rows: Int,
        _ connections: Int, _ calls: Int, _ durability: RawDatabase.Durability, _ folder: String,
        _ target: Double?, _ report: inout Report
    ) throws(BenchError) {
        let load = WireLoad(port: daemon.port, connections: connections)
        _ = try load.run(calls: max(calls / 10, connections), request: request)
        var rates: [Double] = []
        var raw: [Double] = []
        for round in 0..<run.scaled(3, quick: 1) {
            rates.append(Double(calls * rows) / (try load.run(calls: calls, request: request)))
            let path = "\(folder)/raw-\(rows)-\(connections)-\(round).db"
            raw.append(
                rows == 1
                    ? try RawGroupCommit.rate(
                        path: path, durability, callers: connections, rows: calls, bytes: run.recordBytes)
                    : try IngestBench.rawRate(
                        path: path, durability, rows: rows, commits: calls, bytes: run.recordBytes,
                        isQueue: true))
        }
        report.add(
            Figure(
                name: "\(name), \(connections) conn, \(durability.rawValue)",
                value: QueueBench.median(rates), unit: "msg/s", baseline: QueueBench.median(raw),
                baselineName: rows == 1 ? "raw groups" : "raw SQLite", targetRatio: target))
    }
}
