/// The text of a generated record with places that change from record to record.
struct RecordTemplate: Equatable, Sendable {
    /// One part of the text.
    enum Piece: Equatable, Sendable {
        case literal(String)
        case sequence
        case key
        case poison
        /// Letters up to the record's size.
        case pad
        case integer(ClosedRange<Int>)
        case decimal(ClosedRange<Double>)
        case choice([String])
        case uuid
        case hex(Int)
        /// Milliseconds since 1970, the one piece that no seed decides.
        case now
    }

    static let standard = #"{"seq":{{seq}},"key":"{{key}}","poison":{{poison}},"pad":"{{pad}}"}"#

    /// What may stand between braces, for the help.
    static let documentation = """
        Placeholders of --template:
          {{seq}}          number of the record, from --start
          {{key}}          partition key, key-0 … key-(N-1)
          {{poison}}       true for a poison record (--poison), else false
          {{pad}}          letters that fill the record up to --size
          {{int:A..B}}     whole number from A to B
          {{decimal:A..B}} number with two decimals from A to B
          {{choice:a|b|c}} one of the words
          {{uuid}}         random UUID        {{hex:N}}  N random hexadecimal digits
          {{now}}          milliseconds since 1970 (not decided by --seed)
        """

    let pieces: [Piece]

    init(parsing text: String) throws(UsageError) {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let start = rest.firstRange(of: "{{") {
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else {
                throw UsageError("--template has {{ without }} after it.")
            }
            if start.lowerBound > rest.startIndex {
                pieces.append(.literal(String(rest[..<start.lowerBound])))
            }
            pieces.append(try Self.piece(String(rest[start.upperBound..<end.lowerBound])))
            rest = rest[end.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        self.pieces = pieces
    }

    private static func piece(_ text: String) throws(UsageError) -> Piece {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let argument = parts.count == 2 ? parts[1] : nil
        switch (parts.first ?? "", argument) {
        case ("seq", nil): return .sequence
        case ("key", nil): return .key
        case ("poison", nil): return .poison
        case ("pad", nil): return .pad
        case ("uuid", nil): return .uuid
        case ("now", nil): return .now
        case ("int", let argument?):
            if let (low, high) = bounds(argument, Int.init), low <= high { return .integer(low...high) }
        case ("decimal", let argument?):
            if let (low, high) = bounds(argument, Double.init), low <= high { return .decimal(low...high) }
        case ("choice", let argument?): return .choice(argument.split(separator: "|").map(String.init))
        case ("hex", let argument?):
            if let count = Int(argument), (1...1_024).contains(count) { return .hex(count) }
        default: break
        }
        throw UsageError("--template has {{\(text)}}, which means nothing.\n\(documentation)")
    }

    private static func bounds<Number>(_ text: String, _ parse: (String) -> Number?) -> (Number, Number)? {
        guard let dots = text.firstRange(of: ".."), let low = parse(String(text[..<dots.lowerBound])),
            let high = parse(String(text[dots.upperBound...]))
        else { return nil }
        return (low, high)
    }
}

// MARK: - Rendering

extension RecordTemplate {
    /// What is known of a record before its text is made.
    struct Facts {
        let sequence: Int
        let key: String
        let isPoison: Bool
        /// Bytes that the text should have; shorter ones are filled up where `{{pad}}` stands.
        let size: Int
        let nowMilliseconds: Int64
    }

    func render(_ facts: Facts, using random: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(facts.size + 16)
        var padAt: Int?
        for piece in pieces {
            switch piece {
            case .pad where padAt == nil: padAt = bytes.count
            case .pad: break
            case .literal(let text): bytes.append(contentsOf: text.utf8)
            case .sequence: bytes.append(contentsOf: String(facts.sequence).utf8)
            case .key: bytes.append(contentsOf: facts.key.utf8)
            case .poison: bytes.append(contentsOf: (facts.isPoison ? "true" : "false").utf8)
            case .now: bytes.append(contentsOf: String(facts.nowMilliseconds).utf8)
            case .integer(let range):
                bytes.append(contentsOf: String(Int.random(in: range, using: &random)).utf8)
            case .decimal(let range):
                bytes.append(contentsOf: Self.twoDecimals(range, using: &random).utf8)
            case .choice(let words):
                bytes.append(contentsOf: (words.randomElement(using: &random) ?? "").utf8)
            case .uuid: Self.appendUUID(to: &bytes, using: &random)
            case .hex(let count):
                for _ in 0..<count { bytes.append(Self.hexDigit(random.next())) }
            }
        }
        if let padAt, bytes.count < facts.size {
            let missing = facts.size - bytes.count
            bytes.insert(contentsOf: Self.letters(missing, using: &random), at: padAt)
        }
        return bytes
    }

    private static func twoDecimals(_ range: ClosedRange<Double>, using random: inout SplitMix) -> String {
        let hundredths = Int((Double.random(in: range, using: &random) * 100).rounded())
        let fraction = abs(hundredths % 100)
        let sign = hundredths < 0 ? "-" : ""
        return "\(sign)\(abs(hundredths / 100)).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    private static func hexDigit(_ number: UInt64) -> UInt8 {
        let digit = UInt8(number & 15)
        return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    private static func appendUUID(to bytes: inout [UInt8], using random: inout SplitMix) {
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { bytes.append(UInt8(ascii: "-")) }
            switch index {
            case 12: bytes.append(UInt8(ascii: "4"))
            case 16: bytes.append(hexDigit(8 | (random.next() & 3)))
            default: bytes.append(hexDigit(random.next()))
            }
        }
    }

    private static func letters(_ count: Int, using random: inout SplitMix) -> [UInt8] {
        (0..<count).map { _ in UInt8(ascii: "a") + UInt8(random.next() % 26) }
    }
}
