/// Waiting messages of a FIFO queue to a compiled handler through a mapping, beside the bare mapping over the same rows.
///
/// `DrainBench` does the same for standard queues.
enum QueueMappingBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let messages = run.scaled(100_000, quick: 2_000)
        var rates: [Double] = []
        var bare: [Double] = []
        for round in 0..<run.scaled(3, quick: 1) {
            let folder = try run.folder("fifo-mapping-\(round)")
            rates.append(try millrace(run, messages: messages, folder: folder))
            bare.append(
                try BareMapping.drain(
                    .queue, records: messages, bytes: run.recordBytes, batchSize: 10, durability: .normal,
                    directory: folder))
        }
        report.add(
            Figure(
                name: "drain FIFO queue, batch 10, normal", value: QueueBench.median(rates), unit: "rec/s",
                baseline: QueueBench.median(bare), baselineName: "bare mapping", targetRatio: 0.5))
    }

    /// Messages per second from the creation of the mapping until the last one is settled.
    private static func millrace(
        _ run: BenchRun, messages: Int, folder: String
    ) throws(BenchError) -> Double {
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal",
            template: try run.template(in: folder))
        defer { daemon.stop() }
        let url = try daemon.createQueue("drain.fifo", isFIFO: true)
        try QueueCycleBench.fill(run, daemon, url, isFIFO: true, calls: messages / 10, firstCall: 0)
        let start = Monotonic.nanoseconds()
        try daemon.createMapping(
            #"{"FunctionName":"sink","EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:drain.fifo","#
                + #""BatchSize":10}"#)
        _ = try daemon.wait(for: DrainBench.settled, toReach: Double(messages), within: 120)
        return Double(messages) / Monotonic.seconds(since: start)
    }
}
