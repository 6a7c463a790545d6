import Glibc

@main
struct EntryPoint {
    static let usage = """
        millrace-bench: speed beside baselines of the same run

          millrace-bench [ingest] [drain] [latency] [idle] [backlog] [filters] [lanes] [shards] [queues]
                               the named benches, or all of them; parts of queues alone: queues.sends, .cycles,
                               .fifo, .backlog (ten million messages: 3 GB and some minutes), .parked
            --quick            that every bench works, not how fast: seconds instead of minutes
            --json             the figures as JSON
            --millrace PATH    the daemon's program; default: `millrace` beside this program
            --directory DIR    where to work (fresh, removed afterwards); default: a folder under /tmp
            --bytes N          bytes of a record, default 1,024
        """

    static func main() {
        let own = CommandLine.arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
        var arguments = Array(CommandLine.arguments.dropFirst())
        do throws(BenchError) {
            if own == "bootstrap" { return try HandlerMode.run() }
            if arguments.first == "bare-handler", arguments.count == 2, let port = UInt16(arguments[1]) {
                return try BareMapping.serve(port: port)
            }
            if arguments.contains("--help") { return say(usage) }
            try bench(&arguments)
        } catch {
            say("millrace-bench: \(error)", to: 2)
            exit(1)
        }
    }

    private static func bench(_ arguments: inout [String]) throws(BenchError) {
        let isQuick = take("--quick", from: &arguments)
        let isJSON = take("--json", from: &arguments)
        let beside = ChildProgram.ownPath.split(separator: "/").dropLast().joined(separator: "/")
        let program = try value("--millrace", from: &arguments) ?? "/\(beside)/millrace"
        let bytes = Int(try value("--bytes", from: &arguments) ?? "1024") ?? 0
        guard bytes > 0, bytes <= 262_144 else { throw BenchError("--bytes takes 1 to 262144") }
        let directory = try value("--directory", from: &arguments) ?? "/tmp/millrace-bench-\(getpid())"
        let selection = try Selection(arguments)
        guard access(program, X_OK) == 0 else {
            throw BenchError("no program at \(program): give --millrace PATH")
        }
        guard mkdir(directory, 0o755) == 0 else { throw .system("make \(directory)") }
        defer { removeTree(directory) }

        let run = BenchRun(program: program, directory: directory, isQuick: isQuick, recordBytes: bytes)
        var report = Report(isJSON: isJSON)
        if !isJSON { say(Report.header()) }
        for name in Selection.names where selection.has(name) {
            try bench(name, run, selection, &report)
        }
        if isJSON { say(report.json()) }
    }

    private static func bench(
        _ name: String, _ run: BenchRun, _ selection: Selection, _ report: inout Report
    ) throws(BenchError) {
        switch name {
        case "ingest": try IngestBench.run(run, &report)
        case "drain": try DrainBench.run(run, &report)
        case "latency": try LatencyBench.run(run, &report)
        case "idle": try IdleBench.run(run, &report)
        case "filters": try FilterBench.run(run, &report)
        case "lanes": try LaneBench.run(run, &report)
        case "shards": try ShardBench.run(run, &report)
        case "queues": try QueueBench.run(run, parts: selection.queueParts, &report)
        default: try BacklogBench.run(run, &report)
        }
    }

    private static func take(_ flag: String, from arguments: inout [String]) -> Bool {
        guard let index = arguments.firstIndex(of: flag) else { return false }
        arguments.remove(at: index)
        return true
    }

    private static func value(_ flag: String, from arguments: inout [String]) throws(BenchError) -> String? {
        guard let index = arguments.firstIndex(of: flag) else { return nil }
        guard index + 1 < arguments.count else { throw BenchError("\(flag) needs a value") }
        let value = arguments[index + 1]
        arguments.removeSubrange(index...index + 1)
        return value
    }

    /// Removes a folder with all that is in it; the bench made it.
    private static func removeTree(_ path: String) {
        guard let remove = try? ChildProgram(path: "/bin/rm", arguments: ["-rf", path], output: nil) else {
            // Left-over files of a bench are a nuisance, not a failure of what it measured.
            return say("millrace-bench: \(path) could not be removed", to: 2)
        }
        remove.wait()
    }
}

/// Which benches were asked for.
struct Selection {
    static let names = [
        "ingest", "drain", "latency", "idle", "backlog", "filters", "lanes", "shards", "queues",
    ]
    private var chosen: Set<String> = []
    /// Empty for all of them.
    private(set) var queueParts: Set<String> = []

    init(_ arguments: [String]) throws(BenchError) {
        for argument in arguments {
            let words = argument.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            let isPart = words.count == 2 && words[0] == "queues" && QueueBench.parts.contains(words[1])
            guard isPart || Self.names.contains(argument) else {
                throw BenchError("'\(argument)' is no bench and no option; see --help")
            }
            chosen.insert(words[0])
            if isPart { queueParts.insert(words[1]) }
        }
    }

    func has(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
}

/// Writes a line at once, so that figures show as they come.
func say(_ text: String, to descriptor: Int32 = 1) {
    let line = Array((text + "\n").utf8)
    var sent = 0
    while sent < line.count {
        let count = line.withUnsafeBytes {
            write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
        }
        if count <= 0 { return }
        sent += count
    }
}
