/// Whether receiving and deleting costs the same with ten million small messages waiting as with ten thousand.
enum QueueBacklogBench {
    private static let bytes = 100
    private static let connections = 8

    /// Cost of one way to look at it, per message.
    private struct Cost {
        var microseconds: [Double] = []
        var cpu: [Double] = []
    }

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let few = run.scaled(10_000, quick: 1_000)
        let many = run.scaled(10_000_000, quick: 5_000)
        let small = try makeDaemon(run, "small")
        defer { small.stop() }
        let folder = try run.folder("backlog-large")
        var large = try BenchDaemon(program: run.program, directory: folder, durability: "normal")
        defer { large.stop() }
        let smallURL = try small.createQueue("backlog")
        let largeURL = try large.createQueue("backlog")
        try fill(large, largeURL, messages: many)
        report.add(memory("memory, \(label(many)) waiting", large))

        var smallCost = Cost()
        var largeCost = Cost()
        // The two take turns, so that a noisy moment hits both; the first turn of each only warms up.
        for round in 0..<run.scaled(12, quick: 2) {
            try fill(small, smallURL, messages: few)
            let here = try measure(small, smallURL, few)
            let there = try measure(large, largeURL, min(few, many / 4))
            guard round > 0 else { continue }
            smallCost.microseconds.append(here.microseconds)
            smallCost.cpu.append(here.cpu)
            largeCost.microseconds.append(there.microseconds)
            largeCost.cpu.append(there.cpu)
        }
        add("time", \.microseconds, smallCost, largeCost, few, many, &report)
        add("CPU", \.cpu, smallCost, largeCost, few, many, &report)
        report.add(memory("memory, \(label(many)) after receives", large))

        large.stop()
        let start = Monotonic.nanoseconds()
        large = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal", isAgain: true)
        report.add(
            Figure(
                name: "start after a kill, \(label(many)) waiting",
                value: Monotonic.seconds(since: start) * 1_000, unit: "ms"))
        try inFlight(run, large, largeURL, &report)
    }

    private static func makeDaemon(_ run: BenchRun, _ name: String) throws(BenchError) -> BenchDaemon {
        try BenchDaemon(
            program: run.program, directory: try run.folder("backlog-\(name)"), durability: "normal")
    }

    /// Memory with as many messages in flight as a queue may have.
    private static func inFlight(
        _ run: BenchRun, _ daemon: BenchDaemon, _ url: String, _ report: inout Report
    ) throws(BenchError) {
        let count = run.scaled(119_000, quick: 1_000)
        let receive = WireRequest.receiveMessage(queueURL: url, maximum: 10)
        _ = try WireLoad(port: daemon.port, connections: connections).run(calls: count / 10, request: receive)
        report.add(memory("memory, and \(label(count)) in flight", daemon))
    }

    private static func memory(_ name: String, _ daemon: BenchDaemon) -> Figure {
        Figure(
            name: "backlog \(name)", value: daemon.process.residentMegabytes, unit: "MiB", limit: 200)
    }

    private static func label(_ count: Int) -> String {
        count >= 1_000_000 ? "\(count / 1_000_000)M" : count >= 1_000 ? "\(count / 1_000)k" : "\(count)"
    }
}

// MARK: - Parts

extension QueueBacklogBench {
    /// Fills a queue and says on standard error how it goes, because it may take minutes.
    private static func fill(
        _ daemon: BenchDaemon, _ url: String, messages: Int
    ) throws(BenchError) {
        let request = WireRequest.sendMessageBatch(queueURL: url, bytes: bytes)
        let load = WireLoad(port: daemon.port, connections: connections)
        let part = 100_000
        let start = Monotonic.nanoseconds()
        for done in stride(from: 0, to: messages / 10, by: part) {
            _ = try load.run(calls: min(part, messages / 10 - done), request: request)
            guard messages >= 1_000_000 else { continue }
            let sent = min(done + part, messages / 10) * 10
            say("backlog: \(label(sent)) sent in \(Int(Monotonic.seconds(since: start))) s", to: 2)
        }
    }

    /// Microseconds and the daemon's processor microseconds per message received and deleted.
    private static func measure(
        _ daemon: BenchDaemon, _ url: String, _ messages: Int
    ) throws(BenchError) -> (microseconds: Double, cpu: Double) {
        let consumers = QueueConsumers(port: daemon.port, connections: connections, queueURL: url)
        let before = daemon.process.cpuSeconds
        let seconds = try consumers.run(messages: messages)
        let cpu = daemon.process.cpuSeconds - before
        return (seconds / Double(messages) * 1_000_000, cpu / Double(messages) * 1_000_000)
    }

    private static func add(
        _ name: String, _ path: KeyPath<Cost, [Double]>, _ small: Cost, _ large: Cost, _ few: Int,
        _ many: Int, _ report: inout Report
    ) {
        let value = large[keyPath: path].reduce(0, +) / Double(large[keyPath: path].count)
        let base = small[keyPath: path].reduce(0, +) / Double(small[keyPath: path].count)
        report.add(
            Figure(
                name: "backlog \(label(many)), \(name) per message", value: value, unit: "us",
                baseline: base, baselineName: "at \(label(few))", largestRatio: 1.3))
    }
}
