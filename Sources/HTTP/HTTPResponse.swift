/// The content of a response.
package enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// Written one after the other without being joined first.
    case slices([ArraySlice<UInt8>])

    package static let empty = HTTPBody.bytes([])

    /// Bytes in all.
    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .slices(let slices): slices.reduce(0) { $0 + $1.count }
        }
    }

    /// The content in one piece; for tests and small bodies.
    package var joined: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .slices(let slices): Array(slices.joined())
        }
    }
}

/// What a request is answered with.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// `Content-Length`, `Connection` and `Transfer-Encoding` are the server's business and are left out if given.
    /// Control characters are written as spaces, so that no value can end its line.
    package var headers: [(String, String)]
    package var body: HTTPBody
    /// The length that the answer to a HEAD request tells, where no body is made for it; else it is the body's.
    package var headLength: Int?

    package init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
