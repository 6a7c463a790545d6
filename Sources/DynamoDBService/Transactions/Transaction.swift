import AWSWire
import ByteCoding
import EventModel
import EventStore

/// One member of a transaction that writes.
struct TransactionMember: Sendable {
    let write: ItemWrite
    let tableName: String
    let showsItemOnFailure: Bool
}

/// Writes that happen together or not at all.
struct Transaction: Sendable {
    let members: [TransactionMember]
    let token: String?
    /// Of the request, with a token only.
    let digest: [UInt8]?
    let location: Location
    let capacity: ConsumedCapacity.Detail

    func perform(on writer: StoreWriter) throws(StoreError) -> Result<[UInt8], AWSError> {
        if let token, let known = try writer.digest(ofToken: token, in: location) {
            return known == digest ? .success(answer([])) : .failure(.tokenMismatch)
        }
        guard members.allSatisfy({ writer.catalog.table($0.write.table) != nil }) else {
            return .failure(.tableNotFound)
        }
        var prepared: [PreparedWrite] = []
        var reasons: [CancellationReason] = []
        for member in members {
            switch try member.write.prepare(on: writer) {
            case .success(let ready):
                prepared.append(ready)
                reasons.append(.none)
            case .failure(.condition(let item)):
                reasons.append(.conditionFailed(item: member.showsItemOnFailure ? item : nil))
            case .failure(.index(let error)): reasons.append(.invalid(error.message))
            case .failure(.update(let failure)): reasons.append(.invalid(failure.message))
            }
        }
        guard prepared.count == members.count else { return .failure(.cancelled(reasons)) }
        var consumed: [ConsumedCapacity] = []
        if capacity != .none {
            // A transaction looks and writes, which costs twice.
            for (member, ready) in zip(members, prepared) {
                consumed.add(try ready.halfUnits() * 2, to: member.tableName)
            }
        }
        if let token, let digest { try writer.keep(token: token, digest: digest, in: location) }
        for ready in prepared { try ready.perform(on: writer) }
        return .success(answer(consumed))
    }

    private func answer(_ consumed: [ConsumedCapacity]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        if !consumed.isEmpty { consumed.encode(capacity, to: &json) }
        json.endObject()
        return json.bytes
    }
}

/// Why one member of a transaction kept it from happening, or that it did not.
enum CancellationReason: Equatable {
    case none
    /// With the item where it was asked for.
    case conditionFailed(item: [UInt8]?)
    case invalid(String)

    var code: String {
        switch self {
        case .none: "None"
        case .conditionFailed: "ConditionalCheckFailed"
        case .invalid: "ValidationError"
        }
    }

    func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.key("Code")
        json.value(code)
        switch self {
        case .none: break
        case .conditionFailed(let item):
            json.key("Message")
            json.value("The conditional request failed")
            if let item {
                json.key("Item")
                json.raw(item)
            }
        case .invalid(let message):
            json.key("Message")
            json.value(message)
        }
        json.endObject()
    }
}

extension AWSError {
    /// One reason for each member, in the order of the request.
    static func cancelled(_ reasons: [CancellationReason]) -> AWSError {
        var json = JSONWriter()
        json.beginArray()
        for reason in reasons { reason.encode(to: &json) }
        json.endArray()
        let codes = reasons.map(\.code).joined(separator: ", ")
        return AWSError(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons [\(codes)]"
        ).with("CancellationReasons", json: json.bytes)
    }

    static var tokenMismatch: AWSError {
        AWSError(
            "IdempotentParameterMismatchException",
            "DynamoDB rejected the request because you retried a request with a different payload but with an "
                + "idempotent token that was already used.")
    }
}
