/// A JSON tree for control-plane calls: keeps member order and the text of numbers.
package enum JSONValue: Equatable, Sendable {
    case object(JSONObject)
    case array([JSONValue])
    case string(String)
    /// As written; `1.0` and `1` are different values.
    case number(String)
    case bool(Bool)
    case null

    /// Parses one JSON text. Of members with the same name the last one counts.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.value()
        try reader.end()
    }

    /// Compact JSON text, members in order.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// Compact JSON text, members in order.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONReader {
    /// Reads one value of any kind as a tree.
    package mutating func value() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .object:
            var object = JSONObject()
            try beginObject()
            while let key = try nextKey() { object[key] = try value() }
            return .object(object)
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .string: return .string(try string())
        case .number: return .number(try number())
        case .bool: return .bool(try bool())
        case .null:
            try null()
            return .null
        }
    }
}

// MARK: - Parts

extension JSONValue {
    /// The member of an object, or nil if this is no object or it has no such member.
    package subscript(_ key: String) -> JSONValue? { objectValue?[key] }

    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number if it is written without fraction and exponent and fits.
    package var intValue: Int? {
        if case .number(let text) = self { Int(text) } else { nil }
    }

    /// The finite double nearest to the number.
    package var doubleValue: Double? {
        guard case .number(let text) = self, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    package var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var isNull: Bool { self == .null }
}

// MARK: - Literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
    package init(floatLiteral value: Double) { self = .number(value.description) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
    package init(nilLiteral: ()) { self = .null }
}
