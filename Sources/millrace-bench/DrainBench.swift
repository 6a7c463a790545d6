/// Waiting records to a compiled handler through a mapping, beside the bare mapping over the same rows.
enum DrainBench {
    static let settled = "millrace_mapping_records_settled_total"

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        for (batchSize, target) in [(10, 0.95), (100, 0.7), (1_000, 0.7)] as [(Int, Double)] {
            try drain(run, .queue, batchSize: batchSize, target: target, &report)
        }
        for batchSize in [100, 1_000] { try drain(run, .stream, batchSize: batchSize, target: 0.56, &report) }
    }

    /// Both sides in turn, three times, and the median of each: a run takes less than a second, and machines are noisy.
    private static func drain(
        _ run: BenchRun, _ source: BareMapping.Source, batchSize: Int, target: Double, _ report: inout Report
    ) throws(BenchError) {
        let records = run.scaled(200_000, quick: 2_000)
        var rates: [Double] = []
        var bare: [Double] = []
        for round in 0..<run.scaled(3, quick: 1) {
            let folder = try run.folder("drain-\(source)-\(batchSize)-\(round)")
            rates.append(try millrace(run, source, records: records, batchSize: batchSize, folder: folder))
            bare.append(
                try BareMapping.drain(
                    source, records: records, bytes: run.recordBytes, batchSize: batchSize,
                    durability: .normal,
                    directory: folder))
        }
        report.add(
            Figure(
                name: "drain \(source), batch \(batchSize), normal", value: median(rates), unit: "rec/s",
                baseline: median(bare), baselineName: "bare mapping", targetRatio: target))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Records per second from the creation of the mapping until the last record is settled.
    static func millrace(
        _ run: BenchRun, _ source: BareMapping.Source, records: Int, batchSize: Int, folder: String
    ) throws(BenchError) -> Double {
        let template = try run.template(in: folder)
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal", template: template)
        defer { daemon.stop() }
        let settings: String
        switch source {
        case .queue:
            let url = try daemon.createQueue("drain")
            let request = WireRequest.sendMessageBatch(queueURL: url, bytes: run.recordBytes)
            _ = try WireLoad(port: daemon.port, connections: 8).run(calls: records / 10, request: request)
            settings =
                #"{"FunctionName":"sink","EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:drain","#
                + #""BatchSize":\#(batchSize),"MaximumBatchingWindowInSeconds":\#(batchSize > 10 ? 1 : 0)}"#
        case .stream:
            try daemon.createStream("drain", shards: 4)
            let request = WireRequest.putRecords(stream: "drain", count: 500, bytes: run.recordBytes)
            _ = try WireLoad(port: daemon.port, connections: 4).run(calls: records / 500, request: request)
            settings =
                #"{"FunctionName":"sink","EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/drain","#
                + #""BatchSize":\#(batchSize),"StartingPosition":"TRIM_HORIZON"}"#
        }
        let start = Monotonic.nanoseconds()
        try daemon.createMapping(settings)
        _ = try daemon.wait(for: settled, toReach: Double(records), within: 120)
        return Double(records) / Monotonic.seconds(since: start)
    }
}
