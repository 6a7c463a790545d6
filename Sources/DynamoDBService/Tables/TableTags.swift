import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func tagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let tags = try TableRequest.tags(arguments)
        try changeTags(call, arguments) { $0.merge(tags) { $1 } }
    }

    func untagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let keys = try arguments.strings("TagKeys") ?? []
        try changeTags(call, arguments) { tags in
            for key in keys { tags[key] = nil }
        }
    }

    func listTagsOfResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try Self.taggedTable(call, arguments)
        guard let table = store.catalog.table(named: name.name, in: name.location) else {
            throw .tableNotFound(name.name)
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("Tags")
        json.beginArray()
        for (key, value) in table.tags.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.key("Key")
            json.value(key)
            json.key("Value")
            json.value(value)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    private func changeTags(
        _ call: ServiceCall, _ arguments: CallArguments,
        _ change: @escaping @Sendable (inout [String: String]) -> Void
    ) throws(AWSError) {
        let name = try Self.taggedTable(call, arguments)
        write(call) { writer throws(StoreError) in
            guard var table = writer.catalog.table(named: name.name, in: name.location) else {
                return .failure(.tableNotFound(name.name))
            }
            change(&table.tags)
            _ = try writer.updateTable(table)
            return .success([])
        }
    }

    private static func taggedTable(
        _ call: ServiceCall, _ arguments: CallArguments
    ) throws(AWSError) -> TableName {
        guard let arn = try arguments.string("ResourceArn") else { throw .nullMember("resourceArn") }
        return try TableName(arn, of: call)
    }
}
