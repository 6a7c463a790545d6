import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func putRecord(_ call: ServiceCall) throws(AWSError) {
        let request = try PutRequest.single(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        try put(request, isBatch: false, into: stream, call)
    }

    func putRecords(_ call: ServiceCall) throws(AWSError) {
        let request = try PutRequest.batch(call.body)
        let stream = try stream(name: request.streamName, arn: request.streamARN, call)
        try put(request, isBatch: true, into: stream, call)
    }

    /// Routes the records, leaves out what a limit stands against, stores the rest and answers.
    ///
    /// A shard that is closed between the routing and the store has nothing stored: all is routed anew then, and each
    /// time round takes another reshard in between.
    private func put(
        _ request: PutRequest, isBatch: Bool, into stream: StreamDefinition, _ call: ServiceCall
    ) throws(AWSError) {
        let map = shardMap(of: stream)
        var routing = request
        var batch = try routing.routed(by: map, hasher, stream, isBatch: isBatch)
        if request.isDryRun { throw .dryRun }
        let refused = refusedShards(of: batch)
        if let shard = refused.lazy.compactMap(\.self).first {
            guard isBatch else { throw .rateExceeded(stream.shard(shard)?.id ?? "", stream) }
            batch.entries = zip(batch.entries, refused).filter { $1 == nil }.map(\.0)
        }
        guard !batch.entries.isEmpty else {
            return call.succeed(json: Self.answer(to: refused, [], map, stream))
        }
        append(batch, to: stream, call) { [self] outcome in
            switch outcome {
            case .appended(let appended):
                let json =
                    isBatch
                    ? Self.answer(to: refused, appended, map, stream) : Self.answer(appended[0], map, stream)
                call.succeed(json: json)
            case .streamGone: call.fail(.streamNotFound(stream.name, stream.location.account))
            case .shardClosed: putAgain(request, isBatch: isBatch, into: stream, call)
            }
        }
    }

    private func putAgain(
        _ request: PutRequest, isBatch: Bool, into stream: StreamDefinition, _ call: ServiceCall
    ) {
        guard let current = store.catalog.stream(stream.key) else {
            return call.fail(.streamNotFound(stream.name, stream.location.account))
        }
        do throws(AWSError) {
            try put(request, isBatch: isBatch, into: current, call)
        } catch {
            call.fail(error)
        }
    }

    private static func answer(
        _ appended: AppendedRecord, _ map: ShardMap, _ stream: StreamDefinition
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 192)
        json.beginObject()
        json.place(of: appended, map)
        json.encryption(of: stream)
        json.endObject()
        return json.bytes
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

    private enum Outcome: Sendable {
        case appended([AppendedRecord])
        case streamGone
        /// A shard was closed after the records had been routed to it.
        case shardClosed
    }

    private func append(
        _ batch: RecordBatch, to stream: StreamDefinition, _ call: ServiceCall,
        then proceed: @escaping @Sendable (Outcome) -> Void
    ) {
        submit(call) { writer throws(StoreError) -> Outcome in
            guard writer.catalog.stream(stream.key) != nil else { return .streamGone }
            do throws(StoreError) {
                return .appended(try writer.append(batch, to: stream.key))
            } catch {
                guard case .conflict = error else { throw error }
                return .shardClosed
            }
        } then: {
            proceed($0)
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
