import AWSWire
import ByteCoding

/// The members of an operation on one item, read from the bytes without a tree.
struct ItemRequest {
    private(set) var tableName: String?
    private(set) var item: AttributeMap?
    private(set) var key: AttributeMap?
    private(set) var isConsistent = false
    private(set) var returnValues = ReturnValues.none
    /// Whether the error of a condition that does not hold shows the item.
    private(set) var returnsOldOnFailure = false
    private(set) var capacity = ConsumedCapacity.Detail.none
    private(set) var expressions = ExpressionMembers.Parsed()

    /// What a write answers with.
    enum ReturnValues: String, Sendable {
        case none = "NONE"
        case allOld = "ALL_OLD"
        case allNew = "ALL_NEW"
        case updatedOld = "UPDATED_OLD"
        case updatedNew = "UPDATED_NEW"
    }

    init(_ call: ServiceCall, _ members: ExpressionMembers) throws(AWSError) {
        var reader = WireReader(call.body)
        try self.init(&reader, call.operation, members)
        try reader.end()
    }

    /// Reads a structure that may stand inside a larger request.
    init(
        _ reader: inout WireReader, _ operation: String, _ members: ExpressionMembers
    ) throws(AWSError) {
        var members = members
        let isPresent: Void? = try reader.members { reader, member throws(AWSError) in
            switch member {
            case "TableName": tableName = try reader.string()
            case "Item": item = try AttributeMap.decode(&reader)
            case "Key": key = try AttributeMap.decode(&reader)
            case "ConsistentRead": isConsistent = try reader.bool() ?? false
            case "ReturnValues": returnValues = try Self.returnValues(reader.string())
            case "ReturnValuesOnConditionCheckFailure":
                returnsOldOnFailure = try Self.returnsOld(reader.string())
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default:
                if try !members.read(member, &reader, operation) { try reader.skip() }
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        expressions = try members.parsed()
    }

    private static func returnValues(_ text: String?) throws(AWSError) -> ReturnValues {
        guard let text else { return .none }
        guard let value = ReturnValues(rawValue: text) else {
            throw .constraint(
                text, "returnValues",
                "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]")
        }
        return value
    }

    private static func returnsOld(_ text: String?) throws(AWSError) -> Bool {
        switch text {
        case nil, "NONE": return false
        case "ALL_OLD": return true
        case .some(let other):
            throw .constraint(
                other, "returnValuesOnConditionCheckFailure",
                "Member must satisfy enum value set: [ALL_OLD, NONE]")
        }
    }

    /// Puts and deletions have no other values to return.
    func checkReturnsOldOrNothing() throws(AWSError) {
        guard returnValues == .none || returnValues == .allOld else {
            throw .validation("ReturnValues can only be ALL_OLD or NONE")
        }
    }

    /// The member that the operation cannot do without.
    static func required(_ map: AttributeMap?, _ member: String) throws(AWSError) -> AttributeMap {
        guard let map else { throw .nullMember(member) }
        return map
    }
}
