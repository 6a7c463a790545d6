import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func putItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call, ExpressionMembers(.condition))
        try request.checkReturnsOldOrNothing()
        let table = try table(TableName(request.tableName, of: call)) { () throws(AWSError) in
            _ = try ItemRequest.required(request.item, "item")
        }
        perform(try Self.put(request, table), request, table, call)
    }

    func deleteItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call, ExpressionMembers(.condition))
        try request.checkReturnsOldOrNothing()
        let table = try table(TableName(request.tableName, of: call)) { () throws(AWSError) in
            _ = try ItemRequest.required(request.key, "key")
        }
        perform(try Self.delete(request, table), request, table, call)
    }

    func updateItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call, ExpressionMembers(.update, .condition))
        let table = try table(TableName(request.tableName, of: call)) { () throws(AWSError) in
            _ = try ItemRequest.required(request.key, "key")
        }
        perform(try Self.update(request, table), request, table, call)
    }

    /// Looks a table up behind the checks that need none.
    func table(
        _ name: TableName, after check: () throws(AWSError) -> Void = {}
    ) throws(AWSError) -> TableDefinition {
        try check()
        guard let table = store.catalog.table(named: name.name, in: name.location) else {
            throw .tableNotFound
        }
        return table
    }

    static func checkSize(of item: AttributeMap) throws(AWSError) {
        guard item.sizeBytes <= ItemLimits.itemBytesMax else {
            throw .validation("Item size has exceeded the maximum allowed size")
        }
    }
}

// MARK: - What is asked for, as one write

extension DynamoDBService {
    static func put(_ request: ItemRequest, _ table: TableDefinition) throws(AWSError) -> ItemWrite {
        let item = try ItemRequest.required(request.item, "item")
        let key = try ItemKey(in: item, of: table)
        try checkSize(of: item)
        return ItemWrite(
            .put(ItemWrite.NewItem(item)), key, in: table.key, if: request.expressions.condition)
    }

    static func delete(_ request: ItemRequest, _ table: TableDefinition) throws(AWSError) -> ItemWrite {
        let key = try ItemKey(exactly: ItemRequest.required(request.key, "key"), of: table)
        return ItemWrite(.delete, key, in: table.key, if: request.expressions.condition)
    }

    static func update(_ request: ItemRequest, _ table: TableDefinition) throws(AWSError) -> ItemWrite {
        let key = try ItemKey(exactly: ItemRequest.required(request.key, "key"), of: table)
        let program = request.expressions.update ?? UpdateProgram()
        for path in program.paths where key.attributes[bytes: path.attribute] != nil {
            let name = String(decoding: path.attribute, as: UTF8.self)
            throw .invalid("Cannot update attribute \(name). This attribute is part of the key")
        }
        return ItemWrite(.update(program), key, in: table.key, if: request.expressions.condition)
    }
}

// MARK: - Answers

extension DynamoDBService {
    private func perform(
        _ change: ItemWrite, _ request: ItemRequest, _ table: TableDefinition, _ call: ServiceCall
    ) {
        let returnValues = request.returnValues
        let returnsOldOnFailure = request.returnsOldOnFailure
        let capacity = request.capacity
        let name = table.name
        write(call) { writer throws(StoreError) in
            guard writer.catalog.table(change.table) != nil else { return .failure(.tableNotFound) }
            let prepared: PreparedWrite
            switch try change.prepare(on: writer) {
            case .success(let made): prepared = made
            case .failure(let failure):
                return .failure(AWSError(failure, showsItem: returnsOldOnFailure))
            }
            // Everything that can fail comes before the first write.
            var json = JSONWriter()
            json.beginObject()
            if let attributes = try prepared.returned(returnValues) {
                json.key("Attributes")
                json.raw(attributes)
            }
            if capacity != .none {
                json.key("ConsumedCapacity")
                ConsumedCapacity(tableName: name, halfUnits: try prepared.halfUnits())
                    .encode(capacity, to: &json)
            }
            json.endObject()
            try prepared.perform(on: writer)
            return .success(json.bytes)
        }
    }
}

extension PreparedWrite {
    /// The member `Attributes`; `nil` when there is nothing to show.
    fileprivate func returned(_ values: ItemRequest.ReturnValues) throws(StoreError) -> [UInt8]? {
        switch values {
        case .none: return nil
        case .allOld: return old
        case .allNew: return new?.json
        case .updatedOld: return try updated(in: old)
        case .updatedNew: return try updated(in: new?.json)
        }
    }

    /// The places that the update names, as they are in the item.
    private func updated(in item: [UInt8]?) throws(StoreError) -> [UInt8]? {
        guard let item, case .update(let program) = write.action else { return nil }
        let shown = Projection(paths: program.paths).applied(to: try AttributeMap(stored: item))
        return shown.count == 0 ? nil : shown.json
    }
}

extension AWSError {
    static var conditionFailed: AWSError {
        AWSError("ConditionalCheckFailedException", "The conditional request failed")
    }

    init(_ failure: WriteFailure, showsItem: Bool) {
        switch failure {
        case .condition(let item):
            self = .conditionFailed
            if showsItem, let item { self = with("Item", json: item) }
        case .update(let failure): self = .validation(failure.message)
        case .index(let error): self = error
        }
    }
}
