import EventModel
import Foundation
import Glibc
import HTTP
import Metering
import RuntimeAPI
import Synchronization
import Telemetry
import Testing

/// A function host with a folder of its own, used from a test's task: calls hop to the loop and wait for the answer.
final class HostWorld: Sendable {
    let folder: String
    let loop: EventLoop
    let host: FunctionHost
    let metrics = Metrics()
    let recorder = MetricRecorder()
    /// Every log line so far, platform lines included.
    let log = LineLog()

    static let hasPython = has("python3")
    static let hasNode = has("node")

    private static func has(_ program: String) -> Bool {
        (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
            .contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    init(_ configure: (inout FunctionHostConfiguration) -> Void = { _ in }) throws {
        folder = "/tmp/millrace-runtime-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        loop = try EventLoop(label: "engine")
        var configuration = FunctionHostConfiguration(
            runtimeDirectory: folder + "/runtime", endpointURL: "http://127.0.0.1:4566")
        configuration.concurrencyLimit = 4
        configure(&configuration)
        host = try FunctionHost(
            loop: loop, configuration: configuration, logger: .silent, metrics: metrics,
            recorder: recorder, now: { HostWorld.wallTime }, logSink: { [log] in log.add($0) })
        loop.start()
    }

    /// Runs a test in a world and ends it whatever happens.
    @discardableResult
    static func use<T>(
        _ configure: (inout FunctionHostConfiguration) -> Void = { _ in },
        _ body: (HostWorld) async throws -> T
    ) async throws -> T {
        let world = try HostWorld(configure)
        do {
            let value = try await body(world)
            await world.close()
            return value
        } catch {
            await world.close()
            throw error
        }
    }

    static var wallTime: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(millisecondsSinceEpoch: Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000)
    }

    /// Runs the work on the loop and waits for its result.
    func onLoop<T: Sendable>(_ work: @escaping @Sendable (FunctionHost) -> T) async -> T {
        await withCheckedContinuation { continuation in
            loop.execute { [host] in continuation.resume(returning: work(host)) }
        }
    }

    /// Ends every process, the loop and the folder.
    func close() async {
        await withCheckedContinuation { continuation in
            loop.execute { [host] in host.shutdown { continuation.resume() } }
        }
        loop.stop()
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            Issue.record(error)
        }
    }
}

// MARK: - Functions

extension HostWorld {
    /// A `provided` function whose bootstrap is this script.
    func define(
        _ name: String, bootstrap: String, timeout: Int = 5, environment: [String: String] = [:]
    ) async throws {
        let code = folder + "/" + name
        try write(bootstrap, to: code, "bootstrap", mode: 0o755)
        await define(
            name, .runtime(identifier: "provided.al2023", handler: "x", codePath: code), timeout, environment)
    }

    /// A Python function whose `app.handler` is in this module text.
    ///
    /// - Parameter usesAWSClient: Otherwise `awslambdaric` is hidden, so that our own client is tested wherever we run.
    func define(
        _ name: String, python: String, timeout: Int = 5, environment: [String: String] = [:],
        usesAWSClient: Bool = false
    ) async throws {
        let code = folder + "/" + name
        try write(python, to: code, "app.py", mode: 0o644)
        if !usesAWSClient { try write("raise ImportError", to: code, "awslambdaric.py", mode: 0o644) }
        await define(
            name, .runtime(identifier: "python3.99", handler: "app.handler", codePath: code), timeout,
            environment)
    }

    func define(
        _ name: String, _ handler: FunctionDefinition.Handler, _ timeout: Int = 5,
        _ environment: [String: String] = [:]
    ) async {
        let function = FunctionDefinition(
            name: name, handler: handler, timeoutSeconds: timeout, environment: environment,
            modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
        await onLoop { $0.define(function) }
    }

    func write(_ text: String, to directory: String, _ name: String, mode: mode_t) throws {
        mkdir(directory, 0o755)
        let descriptor = open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        try #require(descriptor >= 0)
        let bytes = Array(text.utf8)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        Glibc.close(descriptor)
    }

    func invoke(
        _ name: String, _ event: String = "{}", id: String = "00000000-0000-4000-8000-000000000001",
        wantsLogTail: Bool = false, qualifier: String? = nil, in location: Location = Location()
    ) async -> InvocationResult {
        await invoke(
            name, bytes: [Array(event.utf8)[...]], id: id, wantsLogTail: wantsLogTail, qualifier: qualifier,
            in: location)
    }

    func invoke(
        _ name: String, bytes: [ArraySlice<UInt8>], id: String, wantsLogTail: Bool = false,
        qualifier: String? = nil, in location: Location = Location()
    ) async -> InvocationResult {
        await withCheckedContinuation { continuation in
            loop.execute { [host] in
                let request = InvocationRequest(
                    function: FunctionKey(location: location, name: name), qualifier: qualifier, permit: nil,
                    requestID: id, event: bytes,
                    invokedFunctionARN: FunctionKey(location: location, name: name).arn(qualifier: qualifier)
                        .description,
                    wantsLogTail: wantsLogTail)
                host.invoke(request) { continuation.resume(returning: $0) }
            }
        }
    }
}

/// A name alone means a function of the account and region that there are without credentials.
extension FunctionKey: ExpressibleByStringLiteral {
    public init(stringLiteral name: String) { self.init(location: Location(), name: name) }
}

extension InvocationResult {
    /// What came back as text, with a mark for how it ended.
    var summary: String {
        switch outcome {
        case .success(let payload): "ok " + String(decoding: payload, as: UTF8.self)
        case .functionError(let payload, let kind): "\(kind) " + String(decoding: payload, as: UTF8.self)
        case .throttled(let reason): "throttled \(reason.rawValue)"
        case .unavailable(let reason): "unavailable \(reason)"
        }
    }

    var tail: String { String(decoding: logTail, as: UTF8.self) }
}

/// Collects log lines and lets a test wait for one.
final class LineLog: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(prefix: String, CheckedContinuation<String, Never>)] = []
    }

    private let state = Mutex(State())

    func add(_ line: FunctionLogLine) {
        let text = String(decoding: line.bytes, as: UTF8.self)
        let woken = state.withLock { state in
            state.lines.append(text)
            let woken = state.waiters.filter { text.hasPrefix($0.prefix) }
            state.waiters.removeAll { text.hasPrefix($0.prefix) }
            return woken
        }
        for waiter in woken { waiter.1.resume(returning: text) }
    }

    var lines: [String] { state.withLock { $0.lines } }

    /// The first line with this beginning, now or later, without the beginning.
    func first(_ prefix: String) async -> String {
        let line = await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                let known = state.lines.first { $0.hasPrefix(prefix) }
                if known == nil { state.waiters.append((prefix, continuation)) }
                return known
            }
            if let known { continuation.resume(returning: known) }
        }
        return String(line.dropFirst(prefix.count))
    }
}

/// Killed processes whose parent is gone are reaped by process 1 in its own time; a zombie is gone enough.
func processIsGone(_ process: Int32) -> Bool {
    guard kill(process, 0) == 0 else { return true }
    let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return true }
    defer { Glibc.close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return text.contains(") Z ") || text.contains(") X ")
}
