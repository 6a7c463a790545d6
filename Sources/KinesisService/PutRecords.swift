import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func putRecord(_ call: ServiceCall) throws(AWSError) {
        var request = try PutRequest.single(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        let map = shardMap(of: stream)
        let batch = try request.routed(by: map, hasher, isBatch: false)
        append(batch, to: stream, call) { appended in
            var json = JSONWriter(capacity: 192)
            json.beginObject()
            json.place(of: appended[0], map)
            json.endObject()
            call.succeed(json: json.bytes)
        }
    }

    func putRecords(_ call: ServiceCall) throws(AWSError) {
        var request = try PutRequest.batch(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        let map = shardMap(of: stream)
        let batch = try request.routed(by: map, hasher, isBatch: true)
        append(batch, to: stream, call) { appended in
            var json = JSONWriter(capacity: 64 + appended.count * 128)
            json.beginObject()
            json.key("FailedRecordCount")
            json.value(0)
            json.key("Records")
            json.beginArray()
            for record in appended {
                json.beginObject()
                json.place(of: record, map)
                json.endObject()
            }
            json.endArray()
            json.endObject()
            call.succeed(json: json.bytes)
        }
    }

    private func append(
        _ batch: RecordBatch, to stream: StreamDefinition, _ call: ServiceCall,
        then answer: @escaping @Sendable ([AppendedRecord]) -> Void
    ) {
        let missing = AWSError.streamNotFound(stream.name, stream.location.account)
        submit(call) { writer throws(StoreError) -> [AppendedRecord]? in
            guard writer.catalog.stream(stream.key) != nil else { return nil }
            return try writer.append(batch, to: stream.key)
        } then: { appended in
            guard let appended else { return call.fail(missing) }
            answer(appended)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func place(of record: AppendedRecord, _ map: ShardMap) {
        guard let route = map.route(of: record.shard) else {
            preconditionFailure("a record is stored in the shard that it was routed to")
        }
        key("SequenceNumber")
        raw("\"")
        route.numbers.append(record.position, arrival: record.arrival, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        key("ShardId")
        string(escaping: route.id.span)
    }
}
