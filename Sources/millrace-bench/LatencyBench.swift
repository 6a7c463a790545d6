import Glibc

/// From an HTTP put on an idle system to the start of the handler, one record at a time.
enum LatencyBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for (durability, median) in [("normal", 150.0), ("full", 400.0)] {
            let folder = try run.folder("latency-\(durability)")
            let log = "\(folder)/latencies"
            let template = try run.template(in: folder, latencies: log)
            let daemon = try BenchDaemon(
                program: run.program, directory: folder, durability: durability, template: template)
            defer { daemon.stop() }
            try daemon.createStream("latency", shards: 1)
            try daemon.createMapping(
                #"{"FunctionName":"sink","EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/latency","#
                    + #""BatchSize":1,"StartingPosition":"TRIM_HORIZON"}"#)
            let samples = try measure(
                daemon, streams: ["latency"], puts: run.scaled(1_000, quick: 20), log: log)
            report.add(
                Figure(
                    name: "latency put -> handler p50, \(durability)", value: samples[samples.count / 2],
                    unit: "us",
                    limit: median))
            report.add(
                Figure(
                    name: "latency put -> handler p99, \(durability)",
                    value: samples[samples.count * 99 / 100],
                    unit: "us", limit: 1_000))
        }
    }

    /// Microseconds in ascending order, over the streams in turn. The first put, which starts the environment, does not
    /// count.
    static func measure(
        _ daemon: BenchDaemon, streams: [String], puts: Int, log: String
    ) throws(BenchError) -> [Double] {
        var reader = WireReader(socket: try Socket.connect(port: daemon.port))
        for index in 0...puts {
            let body =
                #"{"StreamName":"\#(streams[index % streams.count])","PartitionKey":"t=\#(Monotonic.nanoseconds());","Data":"eHh4"}"#
            try reader.socket.write(
                WireRequest.json(target: "Kinesis_20131202.PutRecord", version: "1.1", body: Array(body.utf8))
            )
            guard let answer = try reader.next(), answer.status == 200 else {
                throw BenchError("a put failed")
            }
            let start = Monotonic.nanoseconds()
            while lines(of: log) <= index {
                guard Monotonic.seconds(since: start) < 10 else {
                    throw BenchError("the handler did not start")
                }
                Monotonic.pause(milliseconds: 1)
            }
            Monotonic.pause(milliseconds: 2)
        }
        let values = readText(log).split(separator: "\n").dropFirst().compactMap { Double($0) }
        guard !values.isEmpty else { throw BenchError("no latency was noted in \(log)") }
        return values.map { $0 / 1_000 }.sorted()
    }

    private static func lines(of path: String) -> Int {
        readText(path).utf8.reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
    }
}
