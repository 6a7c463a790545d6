/// Writes status line and header fields; no text is made on the way.
enum ResponseHead {
    /// How the connection goes on, as far as the client must be told.
    enum Persistence {
        /// What HTTP/1.1 does anyway.
        case keptSilently
        case kept
        case closed
    }

    /// How the client knows where the content ends.
    enum Framing {
        case length(Int)
        case chunked
        /// With the connection; for HTTP/1.0.
        case untilClose
    }

    static func append(
        _ response: HTTPResponse, _ framing: Framing, _ persistence: Persistence, to out: inout [UInt8]
    ) {
        append("HTTP/1.1 ", to: &out)
        append(digitsOf: response.status, to: &out)
        out.append(0x20)
        append(reason(response.status), to: &out)
        append("\r\n", to: &out)
        for (name, value) in response.headers where !isOurs(name) {
            append(text: name, to: &out)
            append(": ", to: &out)
            append(text: value, to: &out)
            append("\r\n", to: &out)
        }
        switch persistence {
        case .keptSilently: break
        case .kept: append("Connection: keep-alive\r\n", to: &out)
        case .closed: append("Connection: close\r\n", to: &out)
        }
        switch framing {
        case .length(let contentLength) where hasLength(response.status):
            append("Content-Length: ", to: &out)
            append(digitsOf: contentLength, to: &out)
            append("\r\n", to: &out)
        case .chunked: append("Transfer-Encoding: chunked\r\n", to: &out)
        case .length, .untilClose: break
        }
        append("\r\n", to: &out)
    }

    static func appendContinue(to out: inout [UInt8]) {
        append("HTTP/1.1 100 Continue\r\n\r\n", to: &out)
    }

    /// What stands before the bytes of a chunk.
    static func appendChunkSize(_ count: Int, to out: inout [UInt8]) {
        out.append(contentsOf: String(count, radix: 16).utf8)
        append("\r\n", to: &out)
    }

    static func appendLastChunk(to out: inout [UInt8]) {
        append("0\r\n\r\n", to: &out)
    }

    /// These statuses have neither content nor a length of it (RFC 9110 §8.6, §15.4.5).
    static func hasLength(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    /// Fields that the server writes itself or that belong to the connection.
    static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10: equals(name, "connection")
        case 14: equals(name, "content-length")
        case 17: equals(name, "transfer-encoding")
        default: false
        }
    }

    private static func equals(_ name: String, _ lower: StaticString) -> Bool {
        lower.withUTF8Buffer { name.utf8.lazy.map(lowerCased).elementsEqual($0) }
    }

    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(text: String, to out: inout [UInt8]) {
        // A copy that can be made contiguous; native strings are already.
        var text = text
        text.withUTF8 { bytes in
            let first = out.count
            out.append(contentsOf: bytes)
            for index in 0..<bytes.count where !isAllowedInValue(bytes[index]) { out[first + index] = 0x20 }
        }
    }

    private static func append(digitsOf number: Int, to out: inout [UInt8]) {
        if number >= 10 { append(digitsOf: number / 10, to: &out) }
        out.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
