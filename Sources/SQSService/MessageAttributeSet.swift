import AWSWire
import ByteCoding
import Digest

/// Message attributes as they are kept: where in the arena, their MD5, and what they count.
struct StoredAttributes {
    /// A JSON object in the form of the wire, sorted by name; empty when there are no attributes.
    var range: Range<Int> = 0..<0
    var md5: UInt128 = 0
    /// Bytes of names, types and values.
    var size = 0
}

/// The attributes of one message, taken apart, checked, and hashed by SQS's rule (sources-api.md A4).
struct MessageAttributeSet {
    struct Attribute {
        var name: Range<Int> = 0..<0
        var type: Range<Int> = 0..<0
        /// Absent when the attribute has no value at all.
        var value: Range<Int>?
        /// True when the value came as `BinaryValue`.
        var isBinary = false
        var hasList = false
    }

    private var bytes: [UInt8] = []
    private var attributes: [Attribute] = []

    var isEmpty: Bool { attributes.isEmpty }

    /// Reads `{"name":{"DataType":…,"StringValue"|"BinaryValue":…},…}`.
    init(_ json: inout JSONReader) throws(WireProblem) {
        try json.members { name, json throws(WireProblem) in
            var attribute = Attribute()
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            attribute.name = start..<bytes.count
            try json.members { member, json throws(WireProblem) in
                switch member {
                case "DataType": attribute.type = try json.textBytes(into: &bytes)
                case "StringValue": attribute.value = try json.textBytes(into: &bytes)
                case "BinaryValue":
                    attribute.value = try json.base64Bytes(into: &bytes)
                    attribute.isBinary = true
                case "StringListValues", "BinaryListValues":
                    attribute.hasList = true
                    try json.skip()
                default: try json.skip()
                }
            }
            attributes.append(attribute)
        }
        let content = bytes
        attributes.sort { content[$0.name].lexicographicallyPrecedes(content[$1.name]) }
    }

    /// Reads what `store` wrote, keeping only the attributes that are wanted.
    init(stored: Span<UInt8>, where isWanted: (String) -> Bool) throws(WireProblem) {
        var copy: [UInt8] = []
        copy.reserveCapacity(stored.count)
        for index in stored.indices { copy.append(stored[index]) }
        var json = JSONReader(copy)
        try self.init(&json)
        let content = bytes
        attributes.removeAll { !isWanted(String(decoding: content[$0.name], as: UTF8.self)) }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

// MARK: - Keeping

extension MessageAttributeSet {
    func store(into arena: inout [UInt8], _ hasher: MD5Hasher) -> StoredAttributes {
        guard !attributes.isEmpty else { return StoredAttributes() }
        var json = JSONWriter(capacity: bytes.count * 2)
        write(to: &json)
        let start = arena.count
        arena.append(contentsOf: json.bytes)
        return StoredAttributes(range: start..<arena.count, md5: digest(hasher), size: size)
    }

    /// The object of the wire.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        for attribute in attributes {
            json.key(escaping: text(attribute.name))
            json.beginObject()
            let value = bytes.span.extracting(attribute.value ?? 0..<0)
            if attribute.isBinary {
                json.key("BinaryValue")
                json.base64(value)
            } else {
                json.key("StringValue")
                json.string(escaping: value)
            }
            json.key("DataType")
            json.string(escaping: bytes.span.extracting(attribute.type))
            json.endObject()
        }
        json.endObject()
    }

    private var size: Int {
        attributes.reduce(0) { $0 + $1.name.count + $1.type.count + ($1.value?.count ?? 0) }
    }

    /// For each attribute in the order of names: length and name, length and type, 1 or 2, length and value.
    func digest(_ hasher: MD5Hasher) -> UInt128 {
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count + attributes.count * 13)
        for attribute in attributes {
            appendCounted(attribute.name, to: &content)
            appendCounted(attribute.type, to: &content)
            content.append(attribute.isBinary ? 2 : 1)
            appendCounted(attribute.value ?? 0..<0, to: &content)
        }
        return hasher.hash(content).value
    }

    private func appendCounted(_ range: Range<Int>, to content: inout [UInt8]) {
        for shift in [24, 16, 8, 0] { content.append(UInt8(truncatingIfNeeded: range.count >> shift)) }
        content.append(contentsOf: bytes[range])
    }

    /// Copies the value of one attribute; an empty range when there is none.
    func copyValue(of name: String, into arena: inout [UInt8]) -> Range<Int> {
        guard let attribute = attributes.first(where: { text($0.name) == name }) else { return 0..<0 }
        let start = arena.count
        arena.append(contentsOf: bytes[attribute.value ?? 0..<0])
        return start..<arena.count
    }
}

// MARK: - Checks

extension MessageAttributeSet {
    /// What is wrong with these as message attributes.
    func problem() -> AWSError? {
        guard attributes.count <= SQSLimits.messageAttributes else {
            return .invalidParameter(
                "Number of message attributes [\(attributes.count)] exceeds the allowed maximum [10].")
        }
        for attribute in attributes {
            if let problem = nameProblem(bytes[attribute.name]) ?? typeProblem(attribute)
                ?? valueProblem(attribute)
            {
                return problem
            }
        }
        return nil
    }

    /// `AWSTraceHeader`, a String, is the only system attribute that a message may bring.
    func systemProblem() -> AWSError? {
        for attribute in attributes {
            let name = text(attribute.name)
            guard name == "AWSTraceHeader", text(attribute.type) == "String", !attribute.isBinary else {
                return .invalidParameter(
                    "Message system attribute '\(name)' is invalid: only AWSTraceHeader of type String is allowed."
                )
            }
            if let problem = valueProblem(attribute) { return problem }
        }
        return nil
    }

    private func nameProblem(_ name: ArraySlice<UInt8>) -> AWSError? {
        guard name.count <= SQSLimits.attributeNameBytes else {
            return .invalidParameter("Message (user) attribute names must be shorter than 256 Bytes")
        }
        let text = String(decoding: name, as: UTF8.self)
        // Letters outside ASCII pass, as recorded (sources-api.md A4).
        let isSpelled = name.allSatisfy { $0 >= 0x80 || $0 == UInt8(ascii: ".") || QueueName.isLetter($0) }
        guard isSpelled, !name.isEmpty else {
            return .invalidParameter(
                "Message (user) attributes name can only contain upper and lower score alphabetic characters, "
                    + "digits, periods, hyphens and underscores.")
        }
        let lower = text.lowercased()
        guard !lower.hasPrefix("aws."), !lower.hasPrefix("amazon."), !text.hasPrefix("."),
            !text.hasSuffix("."), !hasDoubleDot(name)
        else {
            return .invalidParameter(
                "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved "
                    + "for internal use. Additionally, they cannot start or end with '.' or contain '..'.")
        }
        return nil
    }

    private func hasDoubleDot(_ name: ArraySlice<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        return zip(name, name.dropFirst()).contains { $0 == dot && $1 == dot }
    }

    private func typeProblem(_ attribute: Attribute) -> AWSError? {
        let type = text(attribute.type)
        guard !type.isEmpty else {
            return .invalidParameter(
                "The message attribute '\(text(attribute.name))' must contain a non-empty message attribute type."
            )
        }
        let base = type.prefix { $0 != "." }
        guard ["String", "Number", "Binary"].contains(base), attribute.type.count <= 256, !type.hasSuffix(".")
        else {
            return .invalidParameter(
                "The message attribute '\(text(attribute.name))' has an invalid message attribute type, the set of "
                    + "supported type prefixes is Binary, Number, and String.")
        }
        guard !attribute.hasList else {
            return .invalidParameter(
                "Message attribute list values in SendMessage operation are not supported.")
        }
        return nil
    }

    private func valueProblem(_ attribute: Attribute) -> AWSError? {
        let name = text(attribute.name)
        let base = text(attribute.type).prefix { $0 != "." }
        let wantsBinary = base == "Binary"
        guard let value = attribute.value, !value.isEmpty, attribute.isBinary == wantsBinary else {
            return .invalidParameter(
                "Message (user) attribute '\(name)' must contain a non-empty value of type "
                    + "'\(wantsBinary ? "Binary" : "String")'.")
        }
        guard wantsBinary || UTF8Text.isAllowedInMessages(bytes.span.extracting(value)) else {
            return .invalidContents
        }
        guard base != "Number" || NumberText.isNumber(bytes[value]) else {
            return .invalidParameter(
                "Can't cast the value of message (user) attribute '\(name)' to a number.")
        }
        return nil
    }
}
