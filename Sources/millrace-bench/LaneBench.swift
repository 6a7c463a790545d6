/// One shard in several lanes, beside one lane: with a handler that takes its time, and with one that takes none.
enum LaneBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let slow = run.scaled(8_000, quick: 400)
        let one = try drain(run, lanes: 1, records: slow, batchSize: 10, pauseMilliseconds: 5)
        for (lanes, target) in [(4, 3.2), (10, 7.0)] {
            report.add(
                Figure(
                    name: "lanes, \(lanes), handler of 5 ms",
                    value: try drain(run, lanes: lanes, records: slow, batchSize: 10, pauseMilliseconds: 5),
                    unit: "rec/s", baseline: one, baselineName: "one lane", targetRatio: target))
        }
        let fast = run.scaled(200_000, quick: 2_000)
        let plain = try drain(run, lanes: 1, records: fast, batchSize: 100, pauseMilliseconds: nil)
        for lanes in [4, 10] {
            report.add(
                Figure(
                    name: "lanes, \(lanes), instant handler",
                    value: try drain(
                        run, lanes: lanes, records: fast, batchSize: 100, pauseMilliseconds: nil),
                    unit: "rec/s", baseline: plain, baselineName: "one lane", targetRatio: 0.7))
        }
    }

    /// Records per second from the creation of the mapping until the last record is settled.
    private static func drain(
        _ run: BenchRun, lanes: Int, records: Int, batchSize: Int, pauseMilliseconds: Int?
    ) throws(BenchError) -> Double {
        let name = "lanes-\(lanes)-\(pauseMilliseconds == nil ? "instant" : "slow")"
        let folder = try run.folder(name)
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal",
            template: try run.template(in: folder, pauseMilliseconds: pauseMilliseconds))
        defer { daemon.stop() }
        try daemon.createStream("lanes", shards: 1)
        let count = min(500, records)
        let request = WireRequest.putRecords(stream: "lanes", count: count, bytes: run.recordBytes)
        _ = try WireLoad(port: daemon.port, connections: 4).run(calls: records / count, request: request)
        let start = Monotonic.nanoseconds()
        try daemon.createMapping(
            #"{"FunctionName":"sink","EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/lanes","#
                + #""BatchSize":\#(batchSize),"ParallelizationFactor":\#(lanes),"#
                + #""StartingPosition":"TRIM_HORIZON"}"#)
        _ = try daemon.wait(for: DrainBench.settled, toReach: Double(records), within: 300)
        return Double(records) / Monotonic.seconds(since: start)
    }
}
