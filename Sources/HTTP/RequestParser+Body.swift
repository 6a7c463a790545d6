// MARK: - Bodies

extension RequestParser {
    /// How much room a body gets before it has shown that it is coming.
    private static let trustedBodyBytes = 256 * 1024

    /// Takes what there is of `remaining` bytes; returns how many are still to come.
    mutating func readBody(
        _ remaining: Int, _ input: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) -> Int {
        let count = min(remaining, input.count - position)
        if body.isEmpty {
            body.reserveCapacity(min(remaining, Self.trustedBodyBytes))
        } else if body.capacity < body.count + count, state == .body(remaining: remaining) {
            // The client has sent a good part of it: now it gets all the room, and is copied once.
            body.reserveCapacity(body.count + remaining)
        }
        body.append(contentsOf: UnsafeBufferPointer(rebasing: input[position..<position + count]))
        position += count
        return remaining - count
    }

    /// Reads one byte of what stands between chunks (RFC 9112 §7.1).
    mutating func readChunkFrame(_ byte: UInt8) throws(RequestError) {
        switch state {
        case .chunkSize(let value, let digits):
            if let digit = hexadecimalDigit(byte) {
                guard value <= (Int.max - 15) / 16 else { throw .bodyTooLarge }
                state = .chunkSize(value: value * 16 + digit, digits: digits + 1)
                guard digits < 16 else { throw .malformed("a chunk size of too many digits") }
                return
            }
            guard digits > 0 else { throw .malformed("a chunk without a size") }
            guard value <= bodyBytesMax - body.count else { throw .bodyTooLarge }
            if byte == UInt8(ascii: "\r") {
                state = .chunkSizeEnd(value: value)
            } else if byte == UInt8(ascii: ";") {
                state = .chunkExtension(value: value)
            } else {
                throw .malformed("a chunk size with a character that is no digit")
            }
        case .chunkExtension(let value):
            extensionBytes += 1
            guard extensionBytes <= headBytesMax else { throw .headTooLarge }
            if byte == UInt8(ascii: "\r") {
                state = .chunkSizeEnd(value: value)
            } else if !isAllowedInValue(byte) {
                throw .malformed("a control character in a chunk extension")
            }
        case .chunkSizeEnd(let value):
            guard byte == UInt8(ascii: "\n") else { throw .malformed("a chunk size without a line end") }
            if value > 0 {
                state = .chunk(remaining: value)
            } else {
                head.removeAll(keepingCapacity: true)
                state = .trailer(lineStart: 0)
            }
        case .chunkEnd(let isLineFeedNext):
            guard byte == (isLineFeedNext ? UInt8(ascii: "\n") : UInt8(ascii: "\r")) else {
                throw .malformed("a chunk that is longer than its size")
            }
            state = isLineFeedNext ? .chunkSize(value: 0, digits: 0) : .chunkEnd(isLineFeedNext: true)
        case .head, .body, .chunk, .trailer:
            preconditionFailure("these are not read byte by byte")
        }
    }

    /// Checks trailers like header fields and forgets them; returns whether the request is complete.
    mutating func readTrailer(
        _ lineStart: Int, _ input: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) throws(RequestError) -> Bool {
        guard let line = try readLine(from: lineStart, input, &position) else { return false }
        if line.isEmpty { return true }
        fields.removeAll(keepingCapacity: true)
        try readField(line)
        state = .trailer(lineStart: head.count)
        return false
    }
}

private func hexadecimalDigit(_ byte: UInt8) -> Int? {
    switch lowerCased(byte) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(lowerCased(byte) - UInt8(ascii: "a")) + 10
    default: nil
    }
}
