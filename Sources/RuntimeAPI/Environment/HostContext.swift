import CShim
import EventModel
import Glibc
import HTTP
import Metering
import Telemetry

/// What every environment and command of a host shares. Confined to the engine loop.
final class HostContext {
    let loop: EventLoop
    let configuration: FunctionHostConfiguration
    let logger: Logger
    let metrics: Metrics
    let recorder: MetricRecorder
    /// Wall time.
    let now: @Sendable () -> Timestamp
    let logSink: ((FunctionLogLine) -> Void)?
    let scratch = OutputPipe.Scratch()
    /// `/dev/null` for processes that get no input.
    let nullDevice: Int32
    /// One of each function that is a command; as many as there were functions since the start.
    private var commandStreams: [String: FunctionLogStream] = [:]
    private var dice = SystemRandomNumberGenerator()

    init(
        loop: EventLoop, configuration: FunctionHostConfiguration, logger: Logger, metrics: Metrics,
        recorder: MetricRecorder, now: @escaping @Sendable () -> Timestamp,
        logSink: ((FunctionLogLine) -> Void)?
    ) throws(RuntimeAPIError) {
        self.loop = loop
        self.configuration = configuration
        self.logger = logger
        self.metrics = metrics
        self.recorder = recorder
        self.now = now
        self.logSink = logSink
        nullDevice = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard nullDevice >= 0 else { throw .system(call: "open /dev/null", code: errno) }
    }

    deinit { close(nullDevice) }

    var monotonic: MonotonicTime { MonotonicTime(nanoseconds: millrace_monotonic_nanoseconds()) }

    /// A new log stream, for an environment.
    func logStream(of function: FunctionDefinition) -> FunctionLogStream {
        FunctionLogStream(
            function: function.key, version: function.version,
            name: EnvironmentVariables.logStream(at: now(), function.version, using: &dice))
    }

    /// The log stream of a function's commands: one a day, for all of them. Each is a process for one invocation, and
    /// streams of one invocation would be too many.
    func commandLogStream(of function: FunctionDefinition) -> FunctionLogStream {
        let fresh = logStream(of: function)
        let place = "\(function.arn):\(function.version)"
        if let known = commandStreams[place], known.name.hasPrefix(fresh.name.prefix(11)) {
            return known
        }
        commandStreams[place] = fresh
        return fresh
    }

    /// 0..<1, for aliases with two versions.
    func draw() -> Double { Double.random(in: 0..<1, using: &dice) }

    /// A pipe for a child's output: our end reads without blocking, the child's end blocks as programs expect.
    func outputPipe() throws(ChildError) -> (ours: Int32, childs: Int32) {
        let ends = try pipe()
        makeBlocking(ends.write)
        return (ends.read, ends.write)
    }

    /// A pipe for a child's input.
    func inputPipe() throws(ChildError) -> (ours: Int32, childs: Int32) {
        let ends = try pipe()
        makeBlocking(ends.read)
        return (ends.write, ends.read)
    }

    private func pipe() throws(ChildError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let result = millrace_pipe(&ends)
        guard result >= 0 else { throw .system(code: -result) }
        return (ends[0], ends[1])
    }

    private func makeBlocking(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFL, 0) }
}
