/// Where a connection comes from.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    package let address: String
    package let port: UInt16

    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String { "\(address):\(port)" }
}

/// A complete request as the client sent it.
package struct HTTPRequest: Sendable {
    /// Upper case as a rule; compared with case.
    package let method: String
    /// What the request line names, raw, from the first `/`.
    package let target: String
    package let headers: HeaderFields
    /// Complete; chunks are already joined.
    package let body: [UInt8]
    package let peer: PeerAddress

    package init(
        method: String, target: String, headers: HeaderFields = HeaderFields(), body: [UInt8] = [],
        peer: PeerAddress = PeerAddress(address: "127.0.0.1", port: 0)
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    /// The target before the first `?`, raw.
    package var path: String { fatalError("pending") }
    /// The target after the first `?`, raw; nil if there is none.
    package var query: String? { fatalError("pending") }
}

/// The content of a response.
package enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// Written one after the other without being joined first.
    case slices([ArraySlice<UInt8>])

    package static let empty = HTTPBody.bytes([])
    package var count: Int { fatalError("pending") }
}

/// What a request is answered with. `Content-Length` and `Connection` are the server's business.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// Control characters in them are written as spaces.
    package var headers: [(String, String)]
    package var body: HTTPBody

    package init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What a server accepts and how long it waits.
package struct HTTPLimits: Sendable {
    /// Request line and header fields together.
    package var headBytesMax = 64 * 1024
    package var headerCountMax = 128
    package var bodyBytesMax = 16 * 1024 * 1024
    package var connectionsMax = 10_000
    /// From a request's first byte to its last.
    package var requestTimeout = Duration.seconds(60)
    /// Between requests on a kept connection; nil keeps it for ever.
    package var idleTimeout: Duration? = .seconds(120)
    /// Without the client taking a single byte of its answer.
    package var writeTimeout = Duration.seconds(60)

    package init() {}
}
