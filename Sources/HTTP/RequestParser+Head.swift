// MARK: - Request line and header fields

extension RequestParser {
    /// How many empty lines before a request are passed over (RFC 9112 §2.2 asks for one at least).
    private static let emptyLinesMax = 2

    /// Reads on to the end of a line; returns whether the request is complete, as one without a body is then.
    mutating func readHead(
        _ lineStart: Int, _ input: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) throws(RequestError) -> Bool {
        if head.isEmpty { head.reserveCapacity(512) }
        guard let line = try readLine(from: lineStart, input, &position) else { return false }
        state = .head(lineStart: head.count)
        guard let requestLine else {
            if !line.isEmpty {
                requestLine = try RequestLine(head[line])
                fields.reserveCapacity(16)
            } else if line.lowerBound >= 2 * Self.emptyLinesMax {
                throw .malformed("empty lines instead of a request")
            }
            return false
        }
        if !line.isEmpty {
            try readField(line)
            return false
        }
        let head = try completeHead(requestLine)
        parsedHead = head
        adoptBodyLimit(of: head)
        switch head.bodyLength {
        case .known(let length):
            guard length <= bodyBytesMax else { throw .bodyTooLarge }
            state = .body(remaining: length)
            return length == 0
        case .chunked:
            state = .chunkSize(value: 0, digits: 0)
            return false
        }
    }

    /// Reads `name: value` and notes where both are.
    mutating func readField(_ line: Range<Int>) throws(RequestError) {
        guard fields.count < headerCountMax else { throw .headTooLarge }
        let field = try head.withUnsafeBufferPointer { (bytes) throws(RequestError) -> HeaderFields.Field in
            var colon = line.lowerBound
            while colon < line.upperBound, isTokenCharacter(bytes[colon]) { colon += 1 }
            guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":"), colon > line.lowerBound else {
                throw .malformed("a header line that is not \"name: value\"")
            }
            var start = colon + 1
            var end = line.upperBound
            while start < end, isBlank(bytes[start]) { start += 1 }
            while end > start, isBlank(bytes[end - 1]) { end -= 1 }
            for index in start..<end where !isAllowedInValue(bytes[index]) {
                throw .malformed("a control character in a header")
            }
            return HeaderFields.Field(name: line.lowerBound..<colon, value: start..<end)
        }
        fields.append(field)
    }

    /// Draws the conclusions from all lines of the head.
    private func completeHead(_ line: RequestLine) throws(RequestError) -> RequestHead {
        let facts = try HeadFacts(head, fields)
        guard facts.hostCount == 1 || (line.isOldVersion && facts.hostCount == 0) else {
            throw .malformed("exactly one Host header is needed")
        }
        guard !facts.isChunked || !line.isOldVersion else {
            throw .malformed("HTTP/1.0 has no transfer codings")
        }
        return RequestHead(
            method: line.method, target: line.target, headers: HeaderFields(bytes: head, fields: fields),
            keepsAlive: !facts.asksToClose && (!line.isOldVersion || facts.asksToKeep),
            isOldVersion: line.isOldVersion,
            expectsContinue: facts.expectsContinue && !line.isOldVersion,
            bodyLength: facts.isChunked ? .chunked : .known(facts.contentLength ?? 0))
    }
}

// MARK: - Characters (RFC 9110 §5.6.2, §5.5)

/// Letters, digits and ``!#$%&'*+-.^_`|~``: one bit each for the characters below and from 64 on.
@inline(__always)
func isTokenCharacter(_ byte: UInt8) -> Bool {
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
    return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
}

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// Visible characters, blanks, and bytes past ASCII, of which HTTP says nothing.
@inline(__always)
func isAllowedInValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
