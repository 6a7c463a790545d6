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
    package init(parsing bytes: [UInt8]) throws(JSONError) { fatalError("pending") }

    /// Compact JSON text, members in order.
    package var bytes: [UInt8] { fatalError("pending") }

    /// Compact JSON text, members in order.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The member of an object, or nil if this is no object or it has no such member.
    package subscript(_ key: String) -> JSONValue? { fatalError("pending") }

    package var stringValue: String? { fatalError("pending") }
    /// The number if it is written without fraction and exponent and fits.
    package var intValue: Int? { fatalError("pending") }
    package var doubleValue: Double? { fatalError("pending") }
    package var boolValue: Bool? { fatalError("pending") }
    package var arrayValue: [JSONValue]? { fatalError("pending") }
    package var objectValue: JSONObject? { fatalError("pending") }
    package var isNull: Bool { fatalError("pending") }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
    package init(floatLiteral value: Double) { self = .number(String(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
    package init(nilLiteral: ()) { self = .null }
}
