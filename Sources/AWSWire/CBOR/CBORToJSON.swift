import ByteCoding

/// Turns a request in CBOR into the JSON that the same request would have been.
///
/// CBOR says itself what is a blob and what a moment. Names only help where a client leaves the tag of a moment out, and
/// refuse text where a blob belongs, which JSON would read as base64.
package struct CBORToJSON {
    /// The deepest nesting that is read; no request of a service that speaks CBOR is a tenth as deep.
    static let depthMax = 64
    /// The self-description of CBOR, which means nothing (RFC 8949 §3.4.6).
    private static let selfDescription: UInt64 = 55_799

    private var scanner: CBORScanner
    private var json: JSONWriter
    private let members: CBORMembers
    private let dialect: CBORDialect
    /// A string that comes in pieces.
    private var joined: [UInt8] = []

    private init(_ bytes: [UInt8], _ members: CBORMembers, _ dialect: CBORDialect) {
        scanner = CBORScanner(bytes)
        json = JSONWriter(capacity: bytes.count + bytes.count / 2 + 64)
        self.members = members
        self.dialect = dialect
    }

    /// - Throws: for what is no CBOR, or is none that stands for JSON, or is followed by anything.
    package static func convert(
        _ bytes: [UInt8], _ members: CBORMembers, _ dialect: CBORDialect
    ) throws(CBORError) -> [UInt8] {
        var conversion = CBORToJSON(bytes, members, dialect)
        try conversion.value(try conversion.scanner.next(), .plain, depth: 0)
        guard conversion.scanner.isAtEnd else { throw conversion.scanner.error("bytes follow the value") }
        return conversion.json.bytes
    }
}

// MARK: - Values

extension CBORToJSON {
    private mutating func value(
        _ item: CBORScanner.Item, _ role: CBORMembers.Role, depth: Int
    ) throws(CBORError) {
        guard depth <= Self.depthMax else { throw scanner.error("nesting is deeper than \(Self.depthMax)") }
        switch item {
        case .map(let count): try map(count, role == .free ? .free : .plain, depth: depth)
        case .array(let count): try array(count, role, depth: depth)
        case .text, .textInPieces:
            guard role != .blob else { throw scanner.error("text stands where bytes belong") }
            try text(item)
        case .bytes(let range):
            let bytes = scanner.bytes
            json.base64(bytes.span.extracting(range))
        case .bytesInPieces:
            try join(item)
            let joined = joined
            json.base64(joined.span)
        case .tag(1): try moment(try scanner.next())
        case .tag(Self.selfDescription): try value(try scanner.next(), role, depth: depth + 1)
        case .tag(let number): throw scanner.error("tag \(number) is not known here")
        case .unsigned, .negative, .float:
            if role == .timestamp { try moment(item) } else { try number(item) }
        case .bool(let flag): json.value(flag)
        case .null: json.null()
        case .end: throw scanner.error("a break ends nothing")
        }
    }

    private mutating func array(
        _ count: UInt64?, _ role: CBORMembers.Role, depth: Int
    ) throws(CBORError) {
        json.beginArray()
        var left = count
        while let item = try nextItem(&left) { try value(item, role, depth: depth + 1) }
        json.endArray()
    }

    private mutating func map(
        _ count: UInt64?, _ outer: CBORMembers.Role, depth: Int
    ) throws(CBORError) {
        json.beginObject()
        var left = count
        while let item = try nextItem(&left) {
            let name = try key(item)
            json.key(escaping: name)
            try value(try scanner.next(), members.role(of: name, in: outer), depth: depth + 1)
        }
        json.endObject()
    }

    /// The next element or key; nil at the end of its container.
    private mutating func nextItem(_ left: inout UInt64?) throws(CBORError) -> CBORScanner.Item? {
        guard let count = left else {
            let item = try scanner.next()
            return item == .end ? nil : item
        }
        if count == 0 { return nil }
        left = count - 1
        return try scanner.next()
    }
}

// MARK: - Strings

extension CBORToJSON {
    private mutating func key(_ item: CBORScanner.Item) throws(CBORError) -> String {
        switch item {
        case .text(let range):
            try checkText(scanner.bytes.span.extracting(range))
            return String(decoding: scanner.bytes[range], as: UTF8.self)
        case .textInPieces:
            try join(item)
            return String(decoding: joined, as: UTF8.self)
        default: throw scanner.error("a map has a key that is no text")
        }
    }

    private mutating func text(_ item: CBORScanner.Item) throws(CBORError) {
        if case .text(let range) = item {
            try checkText(scanner.bytes.span.extracting(range))
            let bytes = scanner.bytes
            json.string(escaping: bytes.span.extracting(range))
        } else {
            try join(item)
            let joined = joined
            json.string(escaping: joined.span)
        }
    }

    private func checkText(_ text: Span<UInt8>) throws(CBORError) {
        guard UTF8Text.isValid(text) else { throw scanner.error("text is no UTF-8") }
    }

    /// Puts the pieces of a string together; Jackson sends long text so.
    private mutating func join(_ start: CBORScanner.Item) throws(CBORError) {
        joined.removeAll(keepingCapacity: true)
        while true {
            switch (start, try scanner.next()) {
            case (.bytesInPieces, .bytes(let range)): joined += scanner.bytes[range]
            case (.textInPieces, .text(let range)):
                try checkText(scanner.bytes.span.extracting(range))
                joined += scanner.bytes[range]
            case (_, .end): return
            default: throw scanner.error("a string has a piece of another kind")
            }
        }
    }
}

// MARK: - Numbers and moments

extension CBORToJSON {
    private mutating func number(_ item: CBORScanner.Item) throws(CBORError) {
        switch item {
        case .unsigned(let number): json.number(String(number))
        case .negative(let number):
            guard number < UInt64(Int64.max) else { throw scanner.error("a number is too small") }
            json.value(-1 - Int64(number))
        case .float(let number):
            guard number.isFinite else { throw scanner.error("a number is not finite") }
            json.value(number)
        default: throw scanner.error("a moment is no number")
        }
    }

    private mutating func moment(_ item: CBORScanner.Item) throws(CBORError) {
        guard dialect == .amazon else { return try number(item) }
        switch item {
        case .unsigned(let milliseconds):
            guard let milliseconds = Int64(exactly: milliseconds) else {
                throw scanner.error("a moment is too far away")
            }
            json.value(thousandths: milliseconds)
        case .negative(let number):
            guard number < UInt64(Int64.max) else { throw scanner.error("a moment is too far away") }
            json.value(thousandths: -1 - Int64(number))
        case .float(let milliseconds):
            guard let milliseconds = Int64(exactly: milliseconds.rounded()) else {
                throw scanner.error("a moment is too far away")
            }
            json.value(thousandths: milliseconds)
        default: throw scanner.error("a moment is no number")
        }
    }
}
