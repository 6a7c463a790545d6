import AWSWire
import ByteCoding

/// The expressions of one operation with their placeholders, as they come member by member, and what they mean.
struct ExpressionMembers {
    private let kinds: [ExpressionParser.Kind]
    private var texts: [ExpressionParser.Kind: String] = [:]
    private var names: [String: [UInt8]]?
    private var values: [String: AttributeValue]?

    /// - Parameter kinds: What the operation has; other expressions are passed over like unknown members.
    init(_ kinds: ExpressionParser.Kind...) { self.kinds = kinds }

    /// Members of the time before expressions; each would change what an operation does.
    private static let legacy: Set<String> = [
        "Expected", "ConditionalOperator", "AttributeUpdates", "AttributesToGet", "KeyConditions",
        "QueryFilter",
        "ScanFilter",
    ]

    /// Takes the member if it is one of an expression's; false when it is not.
    mutating func read(
        _ member: String, _ reader: inout WireReader, _ operation: String
    ) throws(AWSError) -> Bool {
        if let kind = ExpressionParser.Kind(rawValue: member), kinds.contains(kind) {
            texts[kind] = try reader.string()
            return true
        }
        if member == "ExpressionAttributeNames" {
            names = try Placeholders.decodeNames(&reader)
            return true
        }
        if member == "ExpressionAttributeValues" {
            values = try Placeholders.decodeValues(&reader)
            return true
        }
        guard Self.legacy.contains(member) else { return false }
        if try !reader.tree().isNull {
            throw .notSupported(
                parameter: member, operation: operation, note: "It is a legacy parameter; use expressions.")
        }
        return true
    }

    /// What the expressions mean.
    struct Parsed: Sendable {
        var condition: Condition?
        var filter: Condition?
        var keyCondition: Condition?
        var projection: Projection?
        var update: UpdateProgram?
    }

    func parsed() throws(AWSError) -> Parsed {
        try checkThatSomeAreGiven()
        var parsed = Parsed()
        var placeholders = Placeholders(names: names ?? [:], values: values ?? [:])
        for kind in kinds {
            guard let text = texts[kind] else { continue }
            var parser = try ExpressionParser(text, kind, placeholders)
            switch kind {
            case .condition: parsed.condition = try parser.condition()
            case .filter: parsed.filter = try parser.condition()
            case .keyCondition: parsed.keyCondition = try parser.condition()
            case .projection: parsed.projection = Projection(paths: try parser.projection())
            case .update: parsed.update = try parser.update()
            }
            placeholders = parser.placeholders
        }
        try placeholders.checkAllUsed()
        return parsed
    }

    private func checkThatSomeAreGiven() throws(AWSError) {
        if names != nil, texts.isEmpty {
            throw .validation("ExpressionAttributeNames can only be specified when using expressions")
        }
        // A projection has no values.
        let users = kinds.filter { $0 != .projection }
        guard values != nil, users.allSatisfy({ texts[$0] == nil }) else { return }
        let verb = users.count == 1 ? "is" : "are"
        let missing = users.map(\.rawValue).joined(separator: " and ")
        throw .validation(
            "ExpressionAttributeValues can only be specified when using expressions"
                + (users.isEmpty ? "" : ": \(missing) \(verb) null"))
    }
}
