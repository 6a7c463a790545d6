/// Why a request is refused. The connection is closed after the answer: nobody can tell where the next one starts.
enum RequestError: Error, Equatable {
    /// Not HTTP as RFC 9112 has it, or a form that two readers could understand in two ways.
    case malformed(String)
    case headTooLarge
    case bodyTooLarge
    case timedOut
    case unknownExpectation
    case unknownTransferCoding
    case unknownVersion
    /// The server holds as much as it may.
    case overloaded

    var status: Int {
        switch self {
        case .malformed: 400
        case .timedOut: 408
        case .bodyTooLarge: 413
        case .unknownExpectation: 417
        case .headTooLarge: 431
        case .unknownTransferCoding: 501
        case .overloaded: 503
        case .unknownVersion: 505
        }
    }

    /// A sentence for the client.
    var reason: String {
        switch self {
        case .malformed(let what): "The request is malformed: \(what)."
        case .timedOut: "The request did not arrive in time."
        case .bodyTooLarge: "The body is larger than this server accepts."
        case .unknownExpectation: "Only the expectation 100-continue is known."
        case .headTooLarge: "Request line and header fields are larger than this server accepts."
        case .unknownTransferCoding: "Only the transfer coding chunked is known."
        case .overloaded: "The server holds as many requests as it can; try again."
        case .unknownVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        }
    }
}
