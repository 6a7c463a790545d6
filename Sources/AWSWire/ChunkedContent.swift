/// A body in S3's `aws-chunked` form: chunks with their length and perhaps a signature, and trailers behind them.
///
/// Source: S3 API reference, "Signature calculations: transferring payload in multiple chunks".
package struct ChunkedContent: Sendable {
    package struct Chunk: Sendable {
        /// Where its content is in the body; empty for the last one.
        package let content: Range<Int>
        package let signature: String?
    }

    static let signatureTrailer = "x-amz-trailer-signature"
    /// Of a line with a chunk's length, and of a trailer.
    private static let lineBytesMax = 16_384

    package private(set) var chunks: [Chunk] = []
    /// Names in lower case.
    package private(set) var trailers: [(name: String, value: String)] = []

    var trailerSignature: String? { trailers.first { $0.name == Self.signatureTrailer }?.value }

    /// `nil` when the body has another form.
    package init?(_ body: [UInt8]) {
        var position = 0
        var isAtEnd = false
        while !isAtEnd {
            guard let line = Self.line(body, &position), let chunk = Self.head(line) else { return nil }
            guard chunk.length <= body.count - position else { return nil }
            chunks.append(
                Chunk(content: position..<position + chunk.length, signature: chunk.signature))
            position += chunk.length
            isAtEnd = chunk.length == 0
            if !isAtEnd { guard Self.line(body, &position) == "" else { return nil } }
        }
        while position < body.count {
            guard let line = Self.line(body, &position) else { return nil }
            if line.isEmpty { continue }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            trailers.append((parts[0].lowercased(), parts[1].trimmedOfSpaces))
        }
    }

    /// What the chunks hold, in one piece.
    package func content(of body: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(chunks.reduce(0) { $0 + $1.content.count })
        for chunk in chunks { content.append(contentsOf: body[chunk.content]) }
        return content
    }

    private static func head(_ line: String) -> (length: Int, signature: String?)? {
        let parts = line.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts[0]
        guard !digits.isEmpty, digits.count <= 15, digits.utf8.allSatisfy({ Self.isHexDigit($0) }),
            let length = Int(digits, radix: 16)
        else { return nil }
        let name = "chunk-signature="
        guard parts.count > 1, parts[1].hasPrefix(name) else { return (length, nil) }
        return (length, String(parts[1].dropFirst(name.count)))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// The next line without its end; `nil` when there is none. The last line may lack its end.
    private static func line(_ body: [UInt8], _ position: inout Int) -> String? {
        guard position < body.count else { return nil }
        let rest = body[position..<min(body.count, position + lineBytesMax)]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            guard rest.endIndex == body.count else { return nil }
            position = body.count
            return String(decoding: rest, as: UTF8.self)
        }
        position = end + 1
        var text = body[rest.startIndex..<end]
        if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Substring {
    fileprivate var trimmedOfSpaces: String {
        var text = self
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
