import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func putRecord(_ call: ServiceCall) throws(AWSError) {
        var request = try PutRequest.single(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        let map = shardMap(of: stream)
        let batch = try request.routed(by: map, hasher, stream, isBatch: false)
        if request.isDryRun { throw .dryRun }
        if let shard = refusedShards(of: batch).first.flatMap({ $0 }) {
            throw .rateExceeded(stream.shard(shard)?.id ?? "", stream)
        }
        append(batch, to: stream, call) { appended in
            var json = JSONWriter(capacity: 192)
            json.beginObject()
            json.place(of: appended[0], map)
            json.encryption(of: stream)
            json.endObject()
            call.succeed(json: json.bytes)
        }
    }

    func putRecords(_ call: ServiceCall) throws(AWSError) {
        var request = try PutRequest.batch(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        let map = shardMap(of: stream)
        var batch = try request.routed(by: map, hasher, stream, isBatch: true)
        if request.isDryRun { throw .dryRun }
        let refused = refusedShards(of: batch)
        if refused.contains(where: { $0 != nil }) {
            batch.entries = zip(batch.entries, refused).filter { $1 == nil }.map(\.0)
        }
        guard !batch.entries.isEmpty else {
            return call.succeed(json: Self.answer(to: refused, [], map, stream))
        }
        append(batch, to: stream, call) { appended in
            call.succeed(json: Self.answer(to: refused, appended, map, stream))
        }
    }

    /// - Parameter refused: The shard of each record that its limit stands against, `nil` for one that was stored; empty
    ///   when all of them were.
    private static func answer(
        to refused: [ShardKey?], _ appended: [AppendedRecord], _ map: ShardMap, _ stream: StreamDefinition
    ) -> [UInt8] {
        let failed = refused.count { $0 != nil }
        var json = JSONWriter(capacity: 64 + (appended.count + failed) * 128)
        json.beginObject()
        json.key("FailedRecordCount")
        json.value(failed)
        json.key("Records")
        json.beginArray()
        var next = 0
        for index in 0..<max(refused.count, appended.count) {
            json.beginObject()
            if index < refused.count, let shard = refused[index] {
                let error = AWSError.rateExceeded(stream.shard(shard)?.id ?? "", stream)
                json.key("ErrorCode")
                json.value(error.code)
                json.key("ErrorMessage")
                json.value(error.message)
            } else {
                json.place(of: appended[next], map)
                next += 1
            }
            json.endObject()
        }
        json.endArray()
        json.encryption(of: stream)
        json.endObject()
        return json.bytes
    }

    /// Continues with what was stored.
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

    /// For each record the shard whose limit stands against it; empty while limits are off.
    private func refusedShards(of batch: RecordBatch) -> [ShardKey?] {
        guard throttle != nil else { return [] }
        let now = now()
        return batch.entries.map { entry in
            let bytes = entry.partitionKey.count + entry.payload.count
            return throttle?.write(bytes, to: entry.shard, now: now) == true ? nil : entry.shard
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

    fileprivate mutating func encryption(of stream: StreamDefinition) {
        guard stream.settings.keyID != nil else { return }
        key("EncryptionType")
        value("KMS")
    }
}
