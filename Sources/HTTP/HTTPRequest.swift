/// Where a connection comes from.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    package let address: String
    package let port: UInt16

    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
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

    /// The same request with another body.
    package func with(body: [UInt8]) -> HTTPRequest {
        HTTPRequest(method: method, target: target, headers: headers, body: body, peer: peer)
    }

    /// The target before the first `?`, raw.
    package var path: String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return String(target[..<mark])
    }

    /// The target after the first `?`, raw; nil if there is none.
    package var query: String? {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        return String(target[target.utf8.index(after: mark)...])
    }
}
