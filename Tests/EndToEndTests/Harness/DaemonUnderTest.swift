import Glibc
import Testing

/// The real binary, serving.
final class DaemonUnderTest {
    let program: ChildProgram
    /// `http://127.0.0.1:PORT`.
    let address: String
    let readyLine: String
    /// From the start of the process to its `Ready.` line.
    let startUp: Duration
    private let errorPath: String

    /// Starts `millrace serve` and waits until it serves.
    ///
    /// - Parameter arguments: What follows `serve`; the port is chosen by the system unless given.
    init(_ binary: DaemonBinary, _ arguments: [String]) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let launched = try binary.launch(arguments)
        program = launched.program
        errorPath = launched.errors
        var line = ""
        try Waiting.until("the daemon to be ready", detail: { Files.text(launched.errors) }) {
            line = Files.text(launched.output)
            if line.hasPrefix("Ready.") && line.hasSuffix("\n") { return true }
            guard !launched.program.hasEnded() else {
                throw HarnessError("the daemon ended at its start: \(Files.text(launched.errors))")
            }
            return false
        }
        startUp = clock.now - start
        readyLine = line
        let words = line.split(separator: " ")
        guard words.count > 1, words[1].hasPrefix("http://") else {
            throw HarnessError("no address in '\(line)'")
        }
        address = String(words[1])
    }

    /// What it wrote to standard error so far.
    var log: String { Files.text(errorPath) }
    var port: String { String(address.split(separator: ":").last ?? "") }

    func caller(timeout: Duration = .seconds(60)) throws -> AWSCaller {
        try AWSCaller(address: address, timeout: timeout)
    }

    /// `kill -9`, and waits until it is gone.
    func kill() throws {
        program.signal(SIGKILL)
        _ = try program.wait()
    }

    /// SIGTERM, and expects that it ends by itself and well.
    func expectGracefulEnd(sourceLocation: SourceLocation = #_sourceLocation) throws {
        program.signal(SIGTERM)
        let ending = try program.wait()
        #expect(ending == .code(0), "\(log.suffix(4_000))", sourceLocation: sourceLocation)
    }
}

/// How the program under test is started: which file, which environment, where its output goes.
final class DaemonBinary {
    let path: String
    private let folder: TemporaryFolder
    private var starts = 0

    init(outputIn folder: TemporaryFolder) throws {
        self.folder = folder
        path = Self.found
        guard access(path, X_OK) == 0 else {
            throw HarnessError("no millrace at \(path); build it or name it with MILLRACE_BINARY")
        }
    }

    /// `MILLRACE_BINARY`, or what was built beside these tests, or the debug build of this package.
    private static var found: String {
        if let named = getenv("MILLRACE_BINARY") { return String(cString: named) }
        if let tests = realpath("/proc/self/exe", nil) {
            defer { free(tests) }
            let folder = String(cString: tests).split(separator: "/").dropLast().joined(separator: "/")
            let path = "/\(folder)/millrace"
            if access(path, X_OK) == 0 { return path }
        }
        // Tests/EndToEndTests/Harness/DaemonUnderTest.swift
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/\(root)/.build/debug/millrace"
    }

    /// Starts `millrace serve` and returns at once.
    func launch(_ arguments: [String]) throws -> (program: ChildProgram, output: String, errors: String) {
        starts += 1
        let output = "\(folder.path)/out-\(starts)"
        let errors = "\(folder.path)/err-\(starts)"
        let hasPort = arguments.contains("--port")
        let program = try ChildProgram(
            path, ["serve"] + (hasPort ? [] : ["--port", "0"]) + arguments, environment: Self.environment,
            output: output, errors: errors)
        return (program, output, errors)
    }

    /// Starts `millrace serve` where it has to refuse, and returns its end and what it said.
    func refusal(_ arguments: [String]) throws -> (ending: ChildProgram.Ending, message: String) {
        let launched = try launch(arguments)
        let ending = try launched.program.wait()
        return (ending, Files.text(launched.errors))
    }

    /// A Python of the system comes before what version switchers put into the path: those take a quarter of a
    /// second a start, and some of their programs only say that they are not installed.
    private static let environment: [String: String] = {
        let inherited = getenv("PATH").map { String(cString: $0) } ?? ""
        let hasPython = access("/usr/bin/python3", X_OK) == 0
        let path = hasPython ? "/usr/bin:/bin" : inherited
        return ["PATH": path, "HOME": "/tmp", "LANG": "C.UTF-8"]
    }()
}
