/// A word of an expression, with its place in the text.
struct ExpressionToken: Equatable {
    enum Kind: Equatable {
        case word
        /// `#name`
        case nameReference
        /// `:value`
        case valueReference
        case integer
        /// A sign of the grammar, or anything that is none and that no rule accepts.
        case sign
        case end
    }

    let kind: Kind
    let text: String
    /// In UTF-8 of the expression.
    let range: Range<Int>

    func isKeyword(_ keyword: String) -> Bool { kind == .word && text.uppercased() == keyword }
    func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }
}

/// Cuts an expression into words; every text can be cut.
struct ExpressionLexer {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// All words; the last one is of kind `end`.
    static func tokens(of text: String) -> [ExpressionToken] {
        var lexer = ExpressionLexer(text)
        var tokens: [ExpressionToken] = []
        repeat { tokens.append(lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private mutating func next() -> ExpressionToken {
        skip { Self.isSpace($0) }
        let start = position
        guard position < bytes.count else {
            return ExpressionToken(kind: .end, text: "<EOF>", range: start..<start)
        }
        let first = bytes[position]
        position += 1
        let kind: ExpressionToken.Kind
        switch first {
        case UInt8(ascii: "#"), UInt8(ascii: ":"):
            skip { Self.isWordByte($0) }
            let isBare = position == start + 1
            kind = isBare ? .sign : first == UInt8(ascii: "#") ? .nameReference : .valueReference
        case _ where Self.isLetter(first):
            skip { Self.isWordByte($0) }
            kind = .word
        case _ where Self.isDigit(first):
            skip { Self.isDigit($0) }
            kind = .integer
        case UInt8(ascii: "<"):
            kind = .sign
            if position < bytes.count, [UInt8(ascii: "="), UInt8(ascii: ">")].contains(bytes[position]) {
                position += 1
            }
        case UInt8(ascii: ">"):
            kind = .sign
            if position < bytes.count, bytes[position] == UInt8(ascii: "=") { position += 1 }
        default:
            kind = .sign
            // The rest of a character of several bytes.
            skip { $0 & 0xc0 == 0x80 }
        }
        let range = start..<position
        return ExpressionToken(kind: kind, text: String(decoding: bytes[range], as: UTF8.self), range: range)
    }

    private mutating func skip(_ isMeant: (UInt8) -> Bool) {
        while position < bytes.count, isMeant(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
    }
}
