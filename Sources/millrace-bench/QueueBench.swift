import Glibc

/// Everything about queues: sends, receives with deletions of both kinds of queues, mappings of FIFO queues, backlogs and parked receives.
enum QueueBench {
    /// What can be run alone, as `queues.sends`.
    static let parts = ["sends", "cycles", "fifo", "backlog", "parked"]

    static func run(_ run: BenchRun, parts wanted: Set<String>, _ report: inout Report) throws(BenchError) {
        for part in parts where wanted.isEmpty || wanted.contains(part) {
            switch part {
            case "sends": try QueueSendBench.run(run, &report)
            case "cycles": try QueueCycleBench.run(run, &report)
            case "fifo": try QueueMappingBench.run(run, &report)
            case "backlog": try QueueBacklogBench.run(run, &report)
            default: try ParkedBench.run(run, &report)
            }
        }
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Several thousand connections need more descriptors than a shell gives by default; the daemon inherits them.
    static func raiseDescriptorLimit(to count: rlim_t) throws(BenchError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("read the limit of descriptors")
        }
        guard limit.rlim_cur < count else { return }
        limit.rlim_cur = min(count, limit.rlim_max)
        guard limit.rlim_cur >= count,
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        else { throw BenchError("\(count) descriptors are needed; ulimit -n allows \(limit.rlim_max)") }
    }
}
