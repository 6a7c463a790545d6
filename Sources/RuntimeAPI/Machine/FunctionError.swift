import ByteCoding

/// How a process ended.
enum ExitStatus: Equatable, Sendable {
    case code(Int32)
    case signal(Int32)

    /// From what `waitpid` stored.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .code((waitStatus >> 8) & 0xff) : .signal(signal)
    }

    /// In Lambda's words; `nil` for exit status 0, which is no reason.
    var reason: String? {
        switch self {
        case .code(0): nil
        case .code(let code): "exit status \(code)"
        case .signal(let number): "signal: \(ExitStatus.signalNames[number] ?? "signal \(number)")"
        }
    }

    private static let signalNames: [Int32: String] = [
        1: "hangup", 2: "interrupt", 3: "quit", 4: "illegal instruction", 5: "trace/breakpoint trap",
        6: "aborted", 7: "bus error", 8: "floating point exception", 9: "killed", 10: "user defined signal 1",
        11: "segmentation fault", 12: "user defined signal 2", 13: "broken pipe", 14: "alarm clock",
        15: "terminated", 24: "CPU time limit exceeded", 25: "file size limit exceeded",
        31: "bad system call",
    ]
}

/// Every way in which an invocation ends as a function error, with its payload (invocation.md §1).
enum FunctionError: Equatable, Sendable {
    /// What the runtime posted, as it was.
    case reported([UInt8])
    /// What the runtime posted is not JSON; `type` is `Lambda-Runtime-Function-Error-Type`.
    case reportedText(type: String?, text: String)
    case timedOut(requestID: String, seconds: Int)
    case exited(requestID: String, ExitStatus)
    /// The process could not be started at all.
    case invalidEntrypoint(requestID: String, reason: String)
    case responseTooLarge
    case streamingUnsupported
    /// A command ended with something else than 0; `lines` are the last ones of its standard error.
    case commandFailed(requestID: String, ExitStatus, lines: [String])

    /// Builds the error for what a runtime posted.
    init(posted body: [UInt8], type: String?) {
        let isJSON = FunctionError.isJSON(body)
        self =
            isJSON ? .reported(body) : .reportedText(type: type, text: String(decoding: body, as: UTF8.self))
    }

    private static func isJSON(_ body: [UInt8]) -> Bool {
        var reader = JSONReader(body)
        do {
            _ = try reader.skipValue()
            try reader.end()
            return true
        } catch {
            return false
        }
    }

    var payload: [UInt8] {
        var json = JSONWriter(capacity: 192)
        switch self {
        case .reported(let body): return body
        case .reportedText(let type, let text):
            write(&json, message: text, type: type ?? "Function.Unknown")
        case .timedOut(let requestID, let seconds):
            let text = "RequestId: \(requestID) Error: Task timed out after \(seconds).00 seconds"
            write(&json, type: "Sandbox.Timedout", message: text)
        case .exited(let requestID, let status):
            write(&json, type: "Runtime.ExitError", message: FunctionError.exitText(requestID, status))
        case .invalidEntrypoint(let requestID, let reason):
            write(
                &json, type: "Runtime.InvalidEntrypoint", message: "RequestId: \(requestID) Error: \(reason)")
        case .responseTooLarge:
            let text = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
            write(&json, message: text, type: "Function.ResponseSizeTooLarge")
        case .streamingUnsupported:
            let text = "Response streaming is not supported by this version of Millrace."
            write(&json, message: text, type: "Runtime.ResponseStreamingNotSupported")
        case .commandFailed(let requestID, let status, let lines):
            json.beginObject()
            json.key("errorType")
            json.value("Runtime.ExitError")
            json.key("errorMessage")
            json.value(FunctionError.exitText(requestID, status))
            json.key("stackTrace")
            json.beginArray()
            for line in lines { json.value(line) }
            json.endArray()
            json.endObject()
        }
        return json.bytes
    }

    private static func exitText(_ requestID: String, _ status: ExitStatus) -> String {
        let reason = status.reason.map { "with error: \($0)" } ?? "without providing a reason"
        return "RequestId: \(requestID) Error: Runtime exited \(reason)"
    }

    private func write(_ json: inout JSONWriter, message: String, type: String) {
        json.beginObject()
        json.key("errorMessage")
        json.value(message)
        json.key("errorType")
        json.value(type)
        json.endObject()
    }

    private func write(_ json: inout JSONWriter, type: String, message: String) {
        json.beginObject()
        json.key("errorType")
        json.value(type)
        json.key("errorMessage")
        json.value(message)
        json.endObject()
    }
}
