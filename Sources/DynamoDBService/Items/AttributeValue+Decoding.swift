import AWSWire

extension AttributeMap {
    /// Reads an item or a key: attributes by name. `nil` for a `null`.
    static func decode(_ reader: inout WireReader, depth: Int = 0) throws(AWSError) -> AttributeMap? {
        var members: [Member] = []
        let isPresent: Void? = try reader.members { reader, name throws(AWSError) in
            guard let value = try AttributeValue.decode(&reader, depth: depth) else { throw .emptyValue }
            members.append(Member(name: Array(name.utf8), value: value))
        }
        return isPresent == nil ? nil : AttributeMap(members)
    }
}

extension AttributeValue {
    /// Reads `{"S":"…"}` and its kin, with the checks that need no table. `nil` for a `null`.
    static func decode(_ reader: inout WireReader, depth: Int) throws(AWSError) -> AttributeValue? {
        guard depth <= ItemLimits.nestingMax else {
            throw .validation("Nesting Levels have exceeded supported limits")
        }
        var found: AttributeValue?
        let isPresent: Void? = try reader.members { reader, type throws(AWSError) in
            guard let value = try decode(type: type, &reader, depth) else { return }
            guard found == nil else {
                throw .validation(
                    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                        + "supported datatypes")
            }
            found = value
        }
        guard isPresent != nil else { return nil }
        guard let found else { throw .emptyValue }
        return found
    }

    /// The value of one member of an attribute value; `nil` for a `null` and for a type that does not exist.
    private static func decode(
        type: String, _ reader: inout WireReader, _ depth: Int
    ) throws(AWSError) -> AttributeValue? {
        switch type {
        case "S": return try reader.text().map { .string($0) }
        case "N":
            guard let text = try reader.text() else { return nil }
            return .number(try number(text))
        case "B": return try reader.blob().map { .binary($0) }
        case "BOOL": return try reader.bool().map { .bool($0) }
        case "NULL":
            guard let isNull = try reader.bool() else { return nil }
            guard isNull else {
                throw .invalid("Null attribute value types must have the value of true")
            }
            return .null
        case "SS", "NS", "BS": return try decodeSet(type, &reader)
        case "L":
            var members: [AttributeValue] = []
            let isPresent: Void? = try reader.elements { reader throws(AWSError) in
                guard let member = try decode(&reader, depth: depth + 1) else { throw .emptyValue }
                members.append(member)
            }
            return isPresent == nil ? nil : .list(members)
        case "M": return try AttributeMap.decode(&reader, depth: depth + 1).map { .map($0) }
        default:
            try reader.skip()
            return nil
        }
    }

    private static func decodeSet(
        _ type: String, _ reader: inout WireReader
    ) throws(AWSError) -> AttributeValue? {
        var members: [[UInt8]] = []
        let isPresent: Void? = try reader.elements { reader throws(AWSError) in
            guard let member = type == "BS" ? try reader.blob() : try reader.text() else { return }
            members.append(member)
        }
        guard isPresent != nil else { return nil }
        switch type {
        case "SS":
            guard !members.isEmpty else { throw .invalid("An string set  may not be empty") }
            return .stringSet(try distinct(members, " contains duplicates."))
        case "BS":
            guard !members.isEmpty else { throw .invalid("Binary sets should not be empty") }
            return .binarySet(try distinct(members, "of type BS contains duplicates."))
        default:
            guard !members.isEmpty else { throw .invalid("An number set  may not be empty") }
            var numbers: Set<DecimalNumber> = []
            for member in members {
                guard numbers.insert(try number(member)).inserted else {
                    throw .validation("Input collection contains duplicates")
                }
            }
            return .numberSet(numbers.sorted())
        }
    }

    /// The members in order; `complaint` ends the sentence about a duplicate.
    private static func distinct(_ members: [[UInt8]], _ complaint: String) throws(AWSError) -> [[UInt8]] {
        guard Set(members).count == members.count else {
            let shown = members.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
            throw .invalid("Input collection [\(shown)]\(complaint)")
        }
        return members.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func number(_ text: [UInt8]) throws(AWSError) -> DecimalNumber {
        do { return try DecimalNumber(text) } catch {
            switch error {
            case .notANumber where text.isEmpty:
                throw .validation("The parameter cannot be converted to a numeric value")
            case .notANumber:
                let shown = String(decoding: text, as: UTF8.self)
                throw .validation("The parameter cannot be converted to a numeric value: \(shown)")
            case .tooManyDigits:
                throw .validation("Attempting to store more than 38 significant digits in a Number")
            case .overflow:
                throw .validation(
                    "Number overflow. Attempting to store a number with magnitude larger than supported range"
                )
            case .underflow:
                throw .validation(
                    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
                )
            }
        }
    }
}
