import Synchronization

/// One request of a client that speaks HTTP/2, and its answer.
///
/// `@unchecked Sendable`: confined to its connection's loop; `isConnected` is atomic.
final class HTTP2Stream: @unchecked Sendable {
    enum State: Equatable {
        /// The request is not complete.
        case receiving
        /// A handler has the request.
        case handling
        /// The head of the answer is on its way; the last piece of the body is known or not.
        case answering(isComplete: Bool)
        case closed
    }

    let id: Int32
    let connection: HTTP2Connection
    let isConnected = Atomic(true)

    var state = State.receiving
    var head = HTTP2RequestHead()
    var body: [UInt8] = []
    /// The client may still send; true for a refused request too.
    var isRequestOpen = true
    /// When the request began, or when it was refused for taking too long; monotonic nanoseconds.
    var startTime: Int64
    /// What is to be sent and when the client last took some of it.
    var pending = BodyQueue()
    var progressTime: Int64
    /// The library asks for no more of the body until it is told that there is some.
    var isDeferred = false
    var wantsDrain = false
    var drainAction: (@Sendable () -> Void)?
    var disconnectAction: (@Sendable () -> Void)?

    init(id: Int32, connection: HTTP2Connection, now: Int64) {
        self.id = id
        self.connection = connection
        startTime = now
        progressTime = now
    }
}

/// The header fields of a request as they come in.
struct HTTP2RequestHead {
    /// What a field costs besides its bytes (RFC 9113 §6.5.2).
    private static let fieldOverhead = 32

    private(set) var method = ""
    private(set) var path = ""
    private(set) var isTooLarge = false
    private(set) var expectsContinue = false
    private var bytes: [UInt8] = []
    private var fields: [HeaderFields.Field] = []
    private var hasHost = false
    private var authority = ""
    private var size = 0

    /// Takes one field; the library has checked names, values and the order of pseudo-headers.
    mutating func add(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, _ limits: HTTPLimits
    ) {
        size += name.count + value.count + Self.fieldOverhead
        guard size <= limits.headBytesMax, fields.count < limits.headerCountMax else {
            isTooLarge = true
            return
        }
        if name.first == UInt8(ascii: ":") {
            let text = String(decoding: value, as: UTF8.self)
            if name.elementsEqual(":method".utf8) { method = text }
            if name.elementsEqual(":path".utf8) { path = text }
            if name.elementsEqual(":authority".utf8) { authority = text }
            return
        }
        if name.elementsEqual("host".utf8) { hasHost = true }
        if name.elementsEqual("expect".utf8) { expectsContinue = value.elementsEqual("100-continue".utf8) }
        append(name, value)
    }

    private mutating func append(_ name: some Sequence<UInt8>, _ value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        fields.append(HeaderFields.Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// What is wrong with the head, once it is complete.
    var problem: RequestError? {
        if isTooLarge { return .headTooLarge }
        let isPath = path.utf8.first == UInt8(ascii: "/") || (path == "*" && method == "OPTIONS")
        guard isPath, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return .malformed("a target that is no path")
        }
        return nil
    }

    /// Takes the fields out; signatures cover the host, which HTTP/2 calls authority.
    mutating func takeFields() -> HeaderFields {
        if !hasHost, !authority.isEmpty { append("host".utf8, authority.utf8) }
        defer {
            bytes = []
            fields = []
        }
        return HeaderFields(bytes: bytes, fields: fields)
    }
}
