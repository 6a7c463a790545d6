import AWSWire
import ByteCoding

/// A JSON reader that reports what is wrong as DynamoDB does.
struct WireReader {
    private var json: JSONReader

    init(_ bytes: [UInt8]) { json = JSONReader(bytes) }

    private mutating func read<T>(
        _ step: (inout JSONReader) throws(JSONError) -> T
    ) throws(AWSError) -> T {
        do { return try step(&json) } catch { throw .malformed(error.description) }
    }

    /// Whether the next value is of the kind; a `null` is consumed and counts as absent.
    mutating func isPresent(_ kind: JSONKind, as type: StaticString) throws(AWSError) -> Bool {
        let found = try read { reader throws(JSONError) in try reader.peek() }
        if found == .null {
            try read { reader throws(JSONError) in try reader.null() }
            return false
        }
        guard found == kind else { throw .malformed("\(Self.name(found)) cannot be converted to \(type)") }
        return true
    }

    private static func name(_ kind: JSONKind) -> StaticString {
        switch kind {
        case .object: "START_OBJECT"
        case .array: "START_ARRAY"
        case .string: "STRING_VALUE"
        case .number: "NUMBER_VALUE"
        case .bool: "BOOLEAN_VALUE"
        case .null: "NULL_VALUE"
        }
    }

    /// Reads an object member by member; `nil` for a `null`.
    mutating func members(
        _ visit: (inout WireReader, _ name: String) throws(AWSError) -> Void
    ) throws(AWSError) -> Void? {
        guard try isPresent(.object, as: "a structure") else { return nil }
        try read { reader throws(JSONError) in try reader.beginObject() }
        while let name = try read({ reader throws(JSONError) in try reader.nextKey() }) {
            try visit(&self, name)
        }
        return ()
    }

    /// Reads an array element by element; `nil` for a `null`.
    mutating func elements(_ visit: (inout WireReader) throws(AWSError) -> Void) throws(AWSError) -> Void? {
        guard try isPresent(.array, as: "a list") else { return nil }
        try read { reader throws(JSONError) in try reader.beginArray() }
        while try read({ reader throws(JSONError) in try reader.nextElement() }) { try visit(&self) }
        return ()
    }

    mutating func string() throws(AWSError) -> String? {
        guard try isPresent(.string, as: "String") else { return nil }
        return try read { reader throws(JSONError) in try reader.string() }
    }

    /// The UTF-8 of a string.
    mutating func text() throws(AWSError) -> [UInt8]? {
        guard try isPresent(.string, as: "String") else { return nil }
        return try read { reader throws(JSONError) in
            var bytes: [UInt8] = []
            _ = try reader.stringBytes(appendingTo: &bytes)
            return bytes
        }
    }

    mutating func blob() throws(AWSError) -> [UInt8]? {
        guard try isPresent(.string, as: "Blob") else { return nil }
        return try read { reader throws(JSONError) in
            var bytes: [UInt8] = []
            _ = try reader.base64(appendingTo: &bytes)
            return bytes
        }
    }

    mutating func bool() throws(AWSError) -> Bool? {
        guard try isPresent(.bool, as: "Boolean") else { return nil }
        return try read { reader throws(JSONError) in try reader.bool() }
    }

    mutating func skip() throws(AWSError) {
        _ = try read { reader throws(JSONError) in try reader.skipValue() }
    }

    /// Any value as a tree, for what is refused or rarely sent.
    mutating func tree() throws(AWSError) -> JSONValue {
        try read { reader throws(JSONError) in
            let range = try reader.skipValue()
            return try JSONValue(parsing: Array(reader.bytes[range]))
        }
    }

    mutating func end() throws(AWSError) {
        try read { reader throws(JSONError) in try reader.end() }
    }
}
