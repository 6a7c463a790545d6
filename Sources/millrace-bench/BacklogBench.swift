/// Whether a queue drains as fast with a million messages waiting as with ten thousand.
enum BacklogBench {
    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let few = run.scaled(10_000, quick: 1_000)
        let many = run.scaled(1_000_000, quick: 3_000)
        let small = try DrainBench.millrace(
            run, .queue, records: few, batchSize: 100, folder: try run.folder("backlog-\(few)"))
        let large = try DrainBench.millrace(
            run, .queue, records: many, batchSize: 100, folder: try run.folder("backlog-\(many)"))
        report.add(
            Figure(
                name: "backlog drain rate at \(many)", value: large, unit: "msg/s", baseline: small,
                baselineName: "at \(few)", targetRatio: 0.8))
    }
}
