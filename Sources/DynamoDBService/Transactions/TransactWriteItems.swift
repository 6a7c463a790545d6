import AWSWire
import ByteCoding
import Digest
import EventModel
import EventStore

extension DynamoDBService {
    /// Most members of one transaction (DynamoDB developer guide, limits).
    static let transactionMax = 100
    /// Bytes of all items of one transaction (DynamoDB developer guide, limits).
    private static let transactionBytesMax = 4 * 1_048_576

    /// All writes or none, in the order of the request, with one look at each item.
    func transactWriteItems(_ call: ServiceCall) throws(AWSError) {
        let request = try TransactionRequest(call)
        var members: [TransactionMember] = []
        var keys: Set<ItemPlace> = []
        var bytes = 0
        for asked in request.members {
            let member = try member(asked, call)
            guard keys.insert(ItemPlace(table: member.write.table, key: member.write.key.bytes)).inserted
            else {
                throw .validation("Transaction request cannot include multiple operations on one item")
            }
            if case .put(let item) = member.write.action { bytes += item.sizeBytes }
            members.append(member)
        }
        guard bytes <= Self.transactionBytesMax else {
            throw .validation(
                "Collective size of items in transaction cannot exceed \(Self.transactionBytesMax) bytes")
        }
        let transaction = Transaction(
            members: members, token: request.token, digest: request.token == nil ? nil : try digest(of: call),
            location: call.location, capacity: request.capacity)
        write(call) { writer throws(StoreError) in try transaction.perform(on: writer) }
    }

    private func member(
        _ asked: TransactionRequest.Member, _ call: ServiceCall
    ) throws(AWSError) -> TransactionMember {
        let name = try TableName(asked.request.tableName, of: call)
        let table = try table(name)
        let write: ItemWrite
        switch asked.kind {
        case .put: write = try Self.put(asked.request, table)
        case .delete: write = try Self.delete(asked.request, table)
        case .update:
            guard asked.request.expressions.update != nil else {
                throw .nullMember("transactItems.1.member.update.updateExpression")
            }
            write = try Self.update(asked.request, table)
        case .conditionCheck:
            guard let condition = asked.request.expressions.condition else {
                throw .nullMember("transactItems.1.member.conditionCheck.conditionExpression")
            }
            let key = try ItemKey(exactly: ItemRequest.required(asked.request.key, "key"), of: table)
            write = ItemWrite(.check, key, in: table.key, if: condition)
        }
        return TransactionMember(
            write: write, tableName: table.name, showsItemOnFailure: asked.request.returnsOldOnFailure)
    }

    /// What tells two requests with one token apart: the items they are about, whatever their member order.
    private func digest(of call: ServiceCall) throws(AWSError) -> [UInt8] {
        var reader = WireReader(call.body)
        let items = try reader.tree()["TransactItems"] ?? .null
        return SHA256.hash(items.sorted.bytes)
    }
}

extension JSONValue {
    /// With the members of all objects in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let object):
            let members: [(String, JSONValue)] = object.members.sorted { $0.key < $1.key }.map {
                ($0.key, $0.value.sorted)
            }
            return .object(JSONObject(members))
        case .array(let elements): return .array(elements.map(\.sorted))
        case .string, .number, .bool, .null: return self
        }
    }
}

/// One item in all tables.
struct ItemPlace: Hashable {
    let table: TableKey
    let key: [UInt8]
}

// MARK: - The request

/// The body of a transaction that writes.
private struct TransactionRequest {
    enum Kind: String {
        case put = "Put"
        case delete = "Delete"
        case update = "Update"
        case conditionCheck = "ConditionCheck"
    }

    struct Member {
        let kind: Kind
        let request: ItemRequest
    }

    private(set) var members: [Member] = []
    private(set) var token: String?
    private(set) var capacity = ConsumedCapacity.Detail.none

    init(_ call: ServiceCall) throws(AWSError) {
        var reader = WireReader(call.body)
        var list: Void?
        let isPresent: Void? = try reader.members { reader, name throws(AWSError) in
            switch name {
            case "TransactItems":
                list = try reader.elements { reader throws(AWSError) in
                    members.append(try Self.member(&reader, call.operation))
                }
            case "ClientRequestToken": token = try reader.string()
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default: try reader.skip()
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
        guard list != nil else { throw .nullMember("transactItems") }
        try DynamoDBService.checkTransactionCount(members.count)
        if let token, !(1...36).contains(token.utf16.count) {
            let bound = token.isEmpty ? "greater than or equal to 1" : "less than or equal to 36"
            throw .constraint(token, "clientRequestToken", "Member must have length \(bound)")
        }
    }

    private static func member(
        _ reader: inout WireReader, _ operation: String
    ) throws(AWSError) -> Member {
        var found: [Member] = []
        _ = try reader.members { reader, name throws(AWSError) in
            guard let kind = Kind(rawValue: name) else {
                try reader.skip()
                return
            }
            let expressions =
                kind == .update ? ExpressionMembers(.update, .condition) : ExpressionMembers(.condition)
            found.append(Member(kind: kind, request: try ItemRequest(&reader, operation, expressions)))
        }
        guard found.count == 1 else {
            throw .validation("TransactItems can only contain one of Check, Put, Update or Delete")
        }
        return found[0]
    }
}

extension DynamoDBService {
    static func checkTransactionCount(_ count: Int) throws(AWSError) {
        guard !(1...transactionMax).contains(count) else { return }
        let bound = count == 0 ? "greater than or equal to 1" : "less than or equal to \(transactionMax)"
        throw .constraint("[…]", "transactItems", "Member must have length \(bound)")
    }
}
