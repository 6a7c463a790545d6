/// Many shards with a mapping each, beside one shard that gets as many records.
enum ShardBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let many = run.scaled(1_000, quick: 20)
        let one = try measure(run, streams: 1, calls: many)
        let all = try measure(run, streams: many, calls: many)
        report.add(
            Figure(
                name: "\(many) shards with mappings, put to settled", value: all.rate, unit: "rec/s",
                baseline: one.rate, baselineName: "one shard", targetRatio: 0.7))
        report.add(
            Figure(
                name: "\(many) shards, latency put -> handler p50", value: all.latency, unit: "us",
                baseline: one.latency, baselineName: "one shard", limit: 300))
    }

    /// Records per second from the first put until everything is settled, and then microseconds from a put to its handler.
    private static func measure(
        _ run: BenchRun, streams: Int, calls: Int
    ) throws(BenchError) -> (rate: Double, latency: Double) {
        let folder = try run.folder("shards-\(streams)")
        let log = "\(folder)/latencies"
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal",
            template: try run.template(in: folder, latencies: log), concurrency: 2)
        defer { daemon.stop() }
        for index in 0..<streams {
            try daemon.createStream("shard-\(index)", shards: 1)
            try daemon.createMapping(
                #"{"FunctionName":"sink","#
                    + #""EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/shard-\#(index)","#
                    + #""BatchSize":100,"StartingPosition":"TRIM_HORIZON"}"#)
        }
        let count = run.scaled(200, quick: 50)
        let start = Monotonic.nanoseconds()
        _ = try WireLoad(port: daemon.port, connections: 4).run(calls: calls) { call in
            WireRequest.putRecords(stream: "shard-\(call % streams)", count: count, bytes: run.recordBytes)
        }
        _ = try daemon.wait(for: DrainBench.settled, toReach: Double(calls * count), within: 300)
        let rate = Double(calls * count) / Monotonic.seconds(since: start)
        let samples = try LatencyBench.measure(
            daemon, streams: (0..<min(streams, 100)).map { "shard-\($0)" },
            puts: run.scaled(500, quick: 20), log: log)
        return (rate, samples[samples.count / 2])
    }
}
