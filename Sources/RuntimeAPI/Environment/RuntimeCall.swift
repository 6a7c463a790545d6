import HTTP

/// A call of the Runtime API, taken from a request line.
enum RuntimeCall: Equatable {
    case next
    case response(requestID: Substring)
    case error(requestID: Substring)
    case initError
    /// Known to AWS, not to us; the name says what.
    case unsupported(String)
    case unknown

    init(method: String, path: String) {
        let root = "/2018-06-01/runtime/"
        guard path.hasPrefix(root) else {
            self = RuntimeCall.otherAPI(path)
            return
        }
        let rest = path.dropFirst(root.count)
        let invocation = "invocation/"
        switch (method, rest) {
        case ("GET", "invocation/next"): self = .next
        case ("POST", "init/error"): self = .initError
        case ("POST", _) where rest.hasPrefix(invocation):
            let tail = rest.dropFirst(invocation.count)
            guard let slash = tail.firstIndex(of: "/") else {
                self = .unknown
                return
            }
            switch tail[slash...] {
            case "/response": self = .response(requestID: tail[..<slash])
            case "/error": self = .error(requestID: tail[..<slash])
            default: self = .unknown
            }
        case (_, let other) where other.hasPrefix("restore/"):
            self = .unsupported("SnapStart's restore hooks")
        default: self = .unknown
        }
    }

    private static func otherAPI(_ path: String) -> RuntimeCall {
        if path.hasPrefix("/2020-01-01/extension/") { return .unsupported("The Extensions API") }
        if path.hasPrefix("/2022-07-01/telemetry") || path.hasPrefix("/2020-08-15/logs") {
            return .unsupported("The Telemetry API")
        }
        return .unknown
    }
}

/// The fixed answers of the Runtime API (invocation.md §6).
enum RuntimeAnswer {
    private static let json: [(String, String)] = [("Content-Type", "application/json")]

    static let accepted = HTTPResponse(
        status: 202, headers: json, body: .bytes(Array("{\"status\":\"OK\"}\n".utf8)))
    static let invalidRequestID = refusal(400, "Invalid request ID", "InvalidRequestID")
    static let invalidStateTransition = refusal(
        403, "State transition is not allowed", "InvalidStateTransition")
    static let tooLarge = refusal(
        413, "Exceeded maximum allowed payload size (6291556 bytes).", "RequestEntityTooLarge")
    static let unknown = refusal(404, "There is no such call in the Runtime API.", "NotFound")
    static let streamingUnsupported = unsupported("Response streaming")

    static func unsupported(_ what: String) -> HTTPResponse {
        refusal(501, "\(what) is not supported by this version of Millrace.", "NotSupported")
    }

    static func refusing(_ refusal: RuntimeRefusal) -> HTTPResponse {
        switch refusal {
        case .invalidRequestID: invalidRequestID
        case .invalidStateTransition: invalidStateTransition
        }
    }

    /// Texts are ours and hold nothing to be escaped.
    private static func refusal(_ status: Int, _ message: String, _ type: String) -> HTTPResponse {
        let text = "{\"errorMessage\":\"\(message)\",\"errorType\":\"\(type)\"}\n"
        return HTTPResponse(status: status, headers: json, body: .bytes(Array(text.utf8)))
    }
}
