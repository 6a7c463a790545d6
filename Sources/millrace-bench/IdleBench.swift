import Glibc

/// What a daemon costs that has nothing to do.
enum IdleBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        try mappings(run, count: run.scaled(1_000, quick: 20), &report)
        try shards(run, streams: run.scaled(10, quick: 1), each: run.scaled(1_000, quick: 50), &report)
    }

    private static func mappings(_ run: BenchRun, count: Int, _ report: inout Report) throws(BenchError) {
        let folder = try run.folder("idle-mappings")
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal",
            template: try run.template(in: folder))
        defer { daemon.stop() }
        for index in 0..<count {
            _ = try daemon.createQueue("idle-\(index)")
            let source = "arn:aws:sqs:us-east-1:000000000000:idle-\(index)"
            try daemon.createMapping(#"{"FunctionName":"sink","EventSourceArn":"\#(source)"}"#)
        }
        measure(run, daemon, "\(count) mappings", cpu: 0.2, memory: 50, &report)
    }

    private static func shards(
        _ run: BenchRun, streams: Int, each: Int, _ report: inout Report
    ) throws(BenchError) {
        let folder = try run.folder("idle-shards")
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal",
            template: try run.template(in: folder))
        defer { daemon.stop() }
        for index in 0..<streams {
            try daemon.createStream("idle-\(index)", shards: each)
            let source = "arn:aws:kinesis:us-east-1:000000000000:stream/idle-\(index)"
            try daemon.createMapping(
                #"{"FunctionName":"sink","EventSourceArn":"\#(source)","StartingPosition":"LATEST"}"#)
        }
        measure(run, daemon, "\(streams * each) shards", cpu: 0.5, memory: 100, &report)
    }

    private static func measure(
        _ run: BenchRun, _ daemon: BenchDaemon, _ what: String, cpu: Double, memory: Double,
        _ report: inout Report
    ) {
        Monotonic.pause(milliseconds: run.isQuick ? 200 : 3_000)
        let before = daemon.process.cpuSeconds
        let start = Monotonic.nanoseconds()
        Monotonic.pause(milliseconds: run.isQuick ? 500 : 20_000)
        let perMinute = (daemon.process.cpuSeconds - before) / Monotonic.seconds(since: start) * 60
        report.add(Figure(name: "idle \(what), CPU", value: perMinute, unit: "s/min", limit: cpu))
        report.add(
            Figure(
                name: "idle \(what), memory", value: daemon.process.residentMegabytes, unit: "MiB",
                limit: memory))
    }
}
