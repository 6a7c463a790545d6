import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func describeTable(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        let catalog = store.catalog.snapshot
        guard let table = catalog.table(named: name.name, in: name.location) else {
            throw .tableNotFound(name.name)
        }
        let size = reader.size(of: table.key)
        let description = TableDescription(
            table, .active, catalog, itemCount: size.items, sizeBytes: size.bytes)
        call.succeed(json: description.answer("Table"))
    }

    func deleteTable(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        write(call) { writer throws(StoreError) in
            guard let table = writer.catalog.table(named: name.name, in: name.location) else {
                return .failure(.tableNotFound(name.name))
            }
            guard !table.isDeletionProtected else {
                return .failure(
                    .validation(
                        "Resource cannot be deleted as it is currently protected against deletion. "
                            + "Disable deletion protection first."))
            }
            let description = TableDescription(table, .deleting, writer.catalog)
            try writer.deleteTable(table.key)
            return .success(description.answer("TableDescription"))
        }
    }

    func listTables(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit") ?? 100
        guard (1...100).contains(limit) else {
            let bound = limit < 1 ? "greater than or equal to 1" : "less than or equal to 100"
            throw .constraint("\(limit)", "limit", "Member must have value \(bound)")
        }
        var names = store.catalog.snapshot.tables(in: call.location).map(\.name)
        if let start = try arguments.string("ExclusiveStartTableName") {
            names = names.filter { start.utf8.lexicographicallyPrecedes($0.utf8) }
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("TableNames")
        json.beginArray()
        for name in names.prefix(limit) { json.value(name) }
        json.endArray()
        if names.count > limit {
            json.key("LastEvaluatedTableName")
            json.value(names[limit - 1])
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
