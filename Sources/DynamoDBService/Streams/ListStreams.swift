import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func listStreams(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try Self.streamsLimit(arguments, most: 100)
        let table = try arguments.string("TableName").map { text throws(AWSError) in
            try TableName(text, of: call)
        }
        var streams = store.catalog.snapshot.tableStreams(
            in: table?.location ?? call.location, tableNamed: table?.name)
        if let start = try arguments.string("ExclusiveStartStreamArn") {
            guard let index = streams.firstIndex(where: { $0.arn.description == start }) else {
                throw .streamNotFound(start)
            }
            streams.removeFirst(index + 1)
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("Streams")
        json.beginArray()
        for stream in streams.prefix(limit) {
            json.beginObject()
            stream.encodeIdentity(to: &json)
            json.endObject()
        }
        json.endArray()
        if streams.count > limit {
            json.key("LastEvaluatedStreamArn")
            json.value(streams[limit - 1].arn.description)
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// `Limit`, with the bounds that the API model gives it.
    static func streamsLimit(_ arguments: CallArguments, most: Int) throws(AWSError) -> Int {
        let limit = try arguments.int("Limit") ?? most
        guard (1...most).contains(limit) else {
            let bound = limit < 1 ? "greater than or equal to 1" : "less than or equal to \(most)"
            throw .constraint("\(limit)", "limit", "Member must have value \(bound)")
        }
        return limit
    }

    /// The stream that a call names in `StreamArn`, among the definitions of one moment.
    static func tableStream(
        _ arguments: CallArguments, _ catalog: CatalogSnapshot
    ) throws(AWSError) -> StreamDefinition {
        guard let text = try arguments.string("StreamArn") else { throw .nullMember("streamArn") }
        return try tableStream(text, catalog)
    }

    static func tableStream(
        _ text: String, _ catalog: CatalogSnapshot
    ) throws(AWSError) -> StreamDefinition {
        guard let arn = ARN(text), case .tableStream? = MappingSource(arn) else {
            throw .invalid("Invalid StreamArn: \(text)")
        }
        guard let stream = catalog.stream(arn) else { throw .streamNotFound(text) }
        return stream
    }
}

extension StreamDefinition {
    /// The members that name a table's stream.
    func encodeIdentity(to json: inout JSONWriter) {
        guard case .table(_, let tableName, _, let label) = kind else { return }
        json.key("StreamArn")
        json.value(arn.description)
        json.key("TableName")
        json.value(tableName)
        json.key("StreamLabel")
        json.value(label)
    }
}
