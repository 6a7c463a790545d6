import AWSWire

/// `ExpressionAttributeNames` and `ExpressionAttributeValues` of one call, and which of them its expressions used.
struct Placeholders: Sendable {
    private(set) var names: [String: [UInt8]]
    private(set) var values: [String: AttributeValue]
    private var usedNames: Set<String> = []
    private var usedValues: Set<String> = []

    init(names: [String: [UInt8]] = [:], values: [String: AttributeValue] = [:]) {
        self.names = names
        self.values = values
    }

    mutating func name(_ reference: String) -> [UInt8]? {
        usedNames.insert(reference)
        return names[reference]
    }

    mutating func value(_ reference: String) -> AttributeValue? {
        usedValues.insert(reference)
        return values[reference]
    }

    /// - Throws: When something was given that no expression used.
    func checkAllUsed() throws(AWSError) {
        try Self.check(Set(names.keys).subtracting(usedNames), "ExpressionAttributeNames")
        try Self.check(Set(values.keys).subtracting(usedValues), "ExpressionAttributeValues")
    }

    private static func check(_ unused: Set<String>, _ member: String) throws(AWSError) {
        guard !unused.isEmpty else { return }
        throw .validation(
            "Value provided in \(member) unused in expressions: keys: "
                + "{\(unused.sorted().joined(separator: ", "))}")
    }
}

// MARK: - Reading

extension Placeholders {
    /// `nil` for a `null`.
    static func decodeNames(_ reader: inout WireReader) throws(AWSError) -> [String: [UInt8]]? {
        var names: [String: [UInt8]] = [:]
        let isPresent: Void? = try reader.members { reader, key throws(AWSError) in
            try checkKey(key, "#", "ExpressionAttributeNames")
            names[key] = try reader.text() ?? []
        }
        guard isPresent != nil else { return nil }
        guard !names.isEmpty else { throw .validation("ExpressionAttributeNames must not be empty") }
        return names
    }

    /// `nil` for a `null`.
    static func decodeValues(_ reader: inout WireReader) throws(AWSError) -> [String: AttributeValue]? {
        var values: [String: AttributeValue] = [:]
        let isPresent: Void? = try reader.members { reader, key throws(AWSError) in
            try checkKey(key, ":", "ExpressionAttributeValues")
            do throws(AWSError) {
                guard let value = try AttributeValue.decode(&reader, depth: 0) else { throw .emptyValue }
                values[key] = value
            } catch {
                guard error.shape == "ValidationException" else { throw error }
                throw .validation(
                    "ExpressionAttributeValues contains invalid value: \(error.message) for key \(key)")
            }
        }
        guard isPresent != nil else { return nil }
        guard !values.isEmpty else { throw .validation("ExpressionAttributeValues must not be empty") }
        return values
    }

    private static func checkKey(_ key: String, _ sign: String, _ member: String) throws(AWSError) {
        let isValid =
            key.hasPrefix(sign) && key.utf8.count > 1
            && key.utf8.dropFirst().allSatisfy(ExpressionLexer.isWordByte)
        guard isValid else {
            throw .validation("\(member) contains invalid key: Syntax error; key: \"\(key)\"")
        }
    }
}
