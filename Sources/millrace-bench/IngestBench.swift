/// Puts over HTTP on several connections, beside the same rows written through SQLite's C API.
enum IngestBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for durability in [RawDatabase.Durability.full, .normal] {
            let folder = try run.folder("ingest-\(durability.rawValue)")
            let daemon = try BenchDaemon(
                program: run.program, directory: folder, durability: durability.rawValue)
            defer { daemon.stop() }
            try messages(run, daemon, durability, folder, &report)
            try records(run, daemon, durability, folder, &report)
        }
    }

    private static func messages(
        _ run: BenchRun, _ daemon: BenchDaemon, _ durability: RawDatabase.Durability, _ folder: String,
        _ report: inout Report
    ) throws(BenchError) {
        let calls = run.scaled(durability == .full ? 6_000 : 10_000, quick: 50)
        let queue = try daemon.createQueue("ingest")
        let request = WireRequest.sendMessageBatch(queueURL: queue, bytes: run.recordBytes)
        let load = WireLoad(port: daemon.port, connections: 8)
        _ = try load.run(calls: calls / 10, request: request)
        let seconds = try load.run(calls: calls, request: request)
        let raw = try rawRate(
            path: "\(folder)/raw-messages.db", durability, rows: 10, commits: calls / 2,
            bytes: run.recordBytes,
            isQueue: true)
        report.add(
            Figure(
                name: "ingest SendMessageBatch x10, 8 conn, \(durability.rawValue)",
                value: Double(calls * 10) / seconds, unit: "msg/s", baseline: raw, baselineName: "raw SQLite",
                targetRatio: durability == .full ? 1.0 : 0.7))
    }

    private static func records(
        _ run: BenchRun, _ daemon: BenchDaemon, _ durability: RawDatabase.Durability, _ folder: String,
        _ report: inout Report
    ) throws(BenchError) {
        let calls = run.scaled(500, quick: 5)
        try daemon.createStream("ingest", shards: 4)
        let request = WireRequest.putRecords(stream: "ingest", count: 500, bytes: run.recordBytes)
        let load = WireLoad(port: daemon.port, connections: 8)
        _ = try load.run(calls: max(calls / 10, 1), request: request)
        let seconds = try load.run(calls: calls, request: request)
        let raw = try rawRate(
            path: "\(folder)/raw-records.db", durability, rows: 500, commits: calls / 2 + 1,
            bytes: run.recordBytes,
            isQueue: false)
        report.add(
            Figure(
                name: "ingest PutRecords x500, 8 conn, \(durability.rawValue)",
                value: Double(calls * 500) / seconds, unit: "rec/s", baseline: raw,
                baselineName: "raw SQLite",
                targetRatio: durability == .full ? 0.55 : nil))
    }

    /// Rows per second of single-threaded transactions of `rows` rows each.
    static func rawRate(
        path: String, _ durability: RawDatabase.Durability, rows: Int, commits: Int, bytes: Int, isQueue: Bool
    ) throws(BenchError) -> Double {
        let database = try RawDatabase(path: path, durability: durability)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        var id: Int64 = 0
        let start = Monotonic.nanoseconds()
        for _ in 0..<commits {
            try database.begin()
            for _ in 0..<rows {
                id += 1
                if isQueue {
                    try database.insertMessage(id: id, body: body)
                } else {
                    try database.insertRecord(id: id, data: body)
                }
            }
            try database.commit()
        }
        return Double(rows * commits) / Monotonic.seconds(since: start)
    }
}
