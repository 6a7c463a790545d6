import AWSWire
import ByteCoding

/// The members of `Query` and `Scan`.
struct ReadRequest {
    enum Select: String {
        case allAttributes = "ALL_ATTRIBUTES"
        case allProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES"
        case specificAttributes = "SPECIFIC_ATTRIBUTES"
        case count = "COUNT"
    }

    private(set) var tableName: String?
    private(set) var indexName: String?
    private(set) var select: Select?
    private(set) var limit: Int?
    private(set) var isConsistent = false
    private(set) var isForward = true
    private(set) var startKey: AttributeMap?
    private(set) var segment: Int?
    private(set) var totalSegments: Int?
    private(set) var capacity = ConsumedCapacity.Detail.none
    private(set) var expressions = ExpressionMembers.Parsed()

    /// Most segments of a parallel scan (DynamoDB API reference, `Scan`).
    private static let segmentsMax = 1_000_000

    init(_ call: ServiceCall, _ members: ExpressionMembers) throws(AWSError) {
        var members = members
        var reader = WireReader(call.body)
        let isPresent: Void? = try reader.members { reader, member throws(AWSError) in
            switch member {
            case "TableName": tableName = try reader.string()
            case "IndexName": indexName = try reader.string()
            case "Select": select = try Self.select(reader.string())
            case "Limit": limit = try Self.number(&reader, "limit", 1...Int(Int32.max))
            case "ConsistentRead": isConsistent = try reader.bool() ?? false
            case "ScanIndexForward": isForward = try reader.bool() ?? true
            case "ExclusiveStartKey": startKey = try AttributeMap.decode(&reader)
            case "Segment": segment = try Self.number(&reader, "segment", 0...(Self.segmentsMax - 1))
            case "TotalSegments":
                totalSegments = try Self.number(&reader, "totalSegments", 1...Self.segmentsMax)
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default:
                if try !members.read(member, &reader, call.operation) { try reader.skip() }
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
        expressions = try members.parsed()
        try checkSelect()
    }

    private static func number(
        _ reader: inout WireReader, _ member: String, _ range: ClosedRange<Int>
    ) throws(AWSError) -> Int? {
        let tree = try reader.tree()
        guard !tree.isNull else { return nil }
        guard let number = tree.intValue else { throw .malformed("\(tree.text) is no integer") }
        guard range.contains(number) else {
            let bound =
                number < range.lowerBound
                ? "greater than or equal to \(range.lowerBound)" : "less than or equal to \(range.upperBound)"
            throw .constraint("\(number)", member, "Member must have value \(bound)")
        }
        return number
    }

    private static func select(_ text: String?) throws(AWSError) -> Select? {
        guard let text else { return nil }
        guard let select = Select(rawValue: text) else {
            throw .constraint(
                text, "select",
                "Member must satisfy enum value set: "
                    + "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]")
        }
        return select
    }

    private func checkSelect() throws(AWSError) {
        let projects = expressions.projection != nil
        switch select {
        case .allAttributes where projects:
            throw .validation("Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES")
        case .count where projects:
            throw .validation("Cannot specify the ProjectionExpression when choosing to get only the Count")
        case .allProjectedAttributes where projects:
            throw .validation(
                "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES")
        case .specificAttributes where !projects:
            throw .validation(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                    + "SPECIFIC_ATTRIBUTES")
        case .allAttributes, .allProjectedAttributes, .count, .specificAttributes, nil: break
        }
    }
}
