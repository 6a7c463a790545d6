import AWSWire
import ByteCoding

/// The members of an operation on one item, read from the bytes without a tree.
struct ItemRequest {
    private(set) var tableName: String?
    private(set) var item: AttributeMap?
    private(set) var key: AttributeMap?
    private(set) var isConsistent = false
    private(set) var returnsOld = false
    private(set) var capacity = ConsumedCapacity.Detail.none

    /// Members that later work brings; each would change what the operation does.
    private static let conditions: Set<String> = ["ConditionExpression", "Expected", "ConditionalOperator"]
    private static let projections: Set<String> = ["ProjectionExpression", "AttributesToGet"]

    init(_ call: ServiceCall) throws(AWSError) {
        var reader = WireReader(call.body)
        var names: String?
        let isPresent: Void? = try reader.members { reader, member throws(AWSError) in
            switch member {
            case "TableName": tableName = try reader.string()
            case "Item": item = try AttributeMap.decode(&reader)
            case "Key": key = try AttributeMap.decode(&reader)
            case "ConsistentRead": isConsistent = try reader.bool() ?? false
            case "ReturnValues": returnsOld = try Self.returnsOld(reader.string(), call.operation)
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            case _ where Self.conditions.contains(member) || Self.projections.contains(member):
                if try !reader.tree().isNull {
                    throw .notSupported(parameter: member, operation: call.operation)
                }
            case "ExpressionAttributeNames", "ExpressionAttributeValues":
                if try !reader.tree().isNull { names = member }
            default: try reader.skip()
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
        if let names { throw .validation("\(names) can only be specified when using expressions") }
    }

    private static func returnsOld(_ value: String?, _ operation: String) throws(AWSError) -> Bool {
        switch value {
        case nil, "NONE": return false
        case "ALL_OLD": return true
        case "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW":
            throw .validation("ReturnValues can only be ALL_OLD or NONE")
        case .some(let other):
            throw .validation(
                "1 validation error detected: Value '\(other)' at 'returnValues' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
            )
        }
    }

    /// The member that the operation cannot do without.
    static func required(_ map: AttributeMap?, _ member: String) throws(AWSError) -> AttributeMap {
        guard let map else {
            throw .validation(
                "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        return map
    }
}
