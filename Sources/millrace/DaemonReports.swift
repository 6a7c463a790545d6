import ByteCoding
import EventModel
import EventStore
import MappingEngine
import RuntimeAPI

// MARK: - What `status`, `lag` and `explain` show; on the engine's loop

extension Daemon {
    func statusReport() throws(StoreError) -> StatusReport {
        let snapshot = store.catalog.snapshot
        let now = RealClock.now()
        var queues: [QueueStatus] = []
        for queue in snapshot.queues {
            let counters = store.leases.counters(of: queue.key, now: now)
            let target = queue.attributes.redrive?.deadLetterTarget.resource
            queues.append(
                QueueStatus(
                    name: queue.name, visible: Int64(counters.visible), inFlight: Int64(counters.inFlight),
                    delayed: Int64(counters.delayed), deadLetterQueue: target,
                    neverExecuted: Int64(try engine.context.reader.neverExecutedCount(in: queue.key))))
        }
        let streams = snapshot.kinesisStreams(in: Location()) + snapshot.tableStreams(in: Location())
        return StatusReport(
            version: Version.text, address: address, dataDirectory: directory,
            durability: configuration.durability.rawValue, startedAtMs: startedAt.millisecondsSinceEpoch,
            nowAtMs: now.millisecondsSinceEpoch, environments: host.environmentCount,
            concurrencyLimit: configuration.concurrencyLimit,
            mappings: engine.snapshots().map { Self.status($0, withHistory: false) }, queues: queues,
            streams: streams.map(streamStatus), topics: try topicStatuses(snapshot))
    }

    private func topicStatuses(_ snapshot: CatalogSnapshot) throws(StoreError) -> [TopicStatus] {
        let topics = snapshot.topics(in: Location())
        // The count looks through what waits, so it is asked for only when something may.
        let waiting = topics.isEmpty ? [:] : try engine.context.reader.waitingDeliveries()
        return topics.map { topic in
            let subscriptions = snapshot.subscriptions(of: topic.key)
            let pending = subscriptions.count { !$0.isConfirmed }
            return TopicStatus(
                name: topic.name, subscriptions: subscriptions.count - pending, pending: pending,
                waitingDeliveries: subscriptions.reduce(0) { $0 + (waiting[$1.key] ?? 0) })
        }
    }

    private func streamStatus(_ stream: StreamDefinition) -> StreamStatus {
        let records = stream.shards.reduce(Int64(0)) { $0 + engine.context.reader.tip(of: $1.key).position }
        let name: String
        let isTableStream: Bool
        switch stream.kind {
        case .kinesis:
            name = stream.name
            isTableStream = false
        case .table(_, let tableName, _, _):
            name = tableName
            isTableStream = true
        }
        return StreamStatus(
            name: name, isTableStream: isTableStream, shards: stream.shards.count(where: \.isOpen),
            records: records)
    }

    func lagReport(mapping id: String?) -> LagReport {
        let chosen = engine.snapshots().filter { id == nil || $0.mapping.id == id }
        return LagReport(
            nowAtMs: RealClock.now().millisecondsSinceEpoch,
            mappings: chosen.map { Self.status($0, withHistory: true) })
    }

    private static func status(_ snapshot: MappingSnapshot, withHistory: Bool) -> MappingStatus {
        let mapping = snapshot.mapping
        let counts = snapshot.counts
        return MappingStatus(
            id: mapping.id, source: mapping.source.description, function: functionText(mapping),
            state: mapping.state.rawValue, lastResult: mapping.lastProcessingResult,
            inFlight: snapshot.inFlight,
            waitsFor: snapshot.waitsFor, batches: counts.batches, invocations: counts.invocations,
            records: counts.records, retries: counts.retries, bisects: counts.bisects,
            filtered: counts.filtered, discarded: counts.discarded, dropped: counts.dropped,
            neverExecuted: counts.neverExecuted, scale: snapshot.standing.map { ScaleStatus($0) },
            lastError: snapshot.lastError,
            shards: snapshot.shards.map { shard($0, withHistory: withHistory) })
    }

    /// The function's name with the qualifier that it was given with.
    private static func functionText(_ mapping: EventSourceMapping) -> String {
        String(mapping.functionARN.resource.dropFirst("function:".count))
    }

    private static func shard(_ snapshot: ShardSnapshot, withHistory: Bool) -> ShardStatus {
        ShardStatus(
            shard: snapshot.shardID, waitsFor: snapshot.waitsFor, waitsForShards: snapshot.parents,
            checkpoint: snapshot.checkpoint, recordsBehind: snapshot.recordsBehind,
            ageAtRead: age(snapshot.ageAtRead), ageAtInvoke: age(snapshot.ageAtInvoke),
            ageAtCompletion: age(snapshot.ageAtCompletion), drainPerSecond: snapshot.drainPerSecond,
            drainSeconds: snapshot.timeToDrain.map { Double($0.wholeMilliseconds) / 1_000 },
            lastError: snapshot.lastError, history: withHistory ? snapshot.history : [])
    }

    private static func age(_ sample: AgeSample) -> AgeStatus {
        AgeStatus(
            nowMs: sample.last?.wholeMilliseconds, p99Ms: sample.p99?.wholeMilliseconds,
            maxMs: sample.maximum?.wholeMilliseconds)
    }
}

// MARK: - Decisions and discards

extension Daemon {
    func decisionReport(mapping id: String?, limit: Int) throws(StoreError) -> DecisionReport {
        let snapshot = store.catalog.snapshot
        var entries: [DecisionEntry] = []
        for mapping in snapshot.mappings where id == nil || mapping.id == id {
            // Oldest first, so that the place tells apart those of the same millisecond.
            for decision in try engine.context.reader.decisions(of: mapping.id, limit: limit).reversed() {
                entries.append(try entry(decision, snapshot))
            }
        }
        let ordered = entries.enumerated().sorted { left, right in
            (left.element.atMs, left.offset) < (right.element.atMs, right.offset)
        }
        return DecisionReport(decisions: ordered.suffix(limit).map(\.element))
    }

    private func entry(_ decision: Decision, _ snapshot: CatalogSnapshot) throws(StoreError) -> DecisionEntry
    {
        var shardID = ""
        var first: String?
        var last: String?
        if let key = decision.shard, let stream = snapshot.stream(of: key), let shard = stream.shard(key) {
            shardID = shard.id
            first = try number(decision.first, shard, stream)
            last = try number(decision.last, shard, stream)
        }
        return DecisionEntry(
            atMs: decision.at.millisecondsSinceEpoch, mapping: decision.mappingID, shard: shardID,
            kind: decision.kind, text: decision.detail,
            requestID: decision.requestID.isEmpty ? nil : decision.requestID, attempt: 0,
            count: decision.recordCount, first: first, last: last)
    }

    /// `nil` for a record that retention has removed.
    private func number(
        _ position: Position, _ shard: ShardDefinition, _ stream: StreamDefinition
    ) throws(StoreError) -> String? {
        guard position > 0 else { return nil }
        let arrival = try engine.context.reader.arrival(of: position, in: shard.key)
        return arrival.map { SequenceNumber(shard: shard, of: stream).text(position, arrival: $0) }
    }

    func discardReport(mapping id: String?, limit: Int) throws(StoreError) -> DiscardReport {
        let discards = try engine.context.reader.discards(of: id, limit: limit)
        return DiscardReport(discards: discards.reversed().map(Self.entry))
    }

    private static func entry(_ discard: Discard) -> DiscardEntry {
        DiscardEntry(
            atMs: discard.discardedAt.millisecondsSinceEpoch, mapping: discard.mappingID,
            shard: discard.shardID,
            reason: discard.condition, attempts: discard.attempts,
            error: discard.errorPayload.isEmpty ? nil : errorText(discard.errorPayload),
            destination: discard.destination?.description, records: records(ofEvent: discard.payload))
    }

    private static func errorText(_ payload: [UInt8]) -> String {
        String(decoding: payload.prefix(4_096), as: UTF8.self)
    }

    /// The records of a kept event, in words.
    private static func records(ofEvent payload: [UInt8]) -> [DiscardedRecord] {
        let event: JSONValue
        do {
            event = try JSONValue(parsing: payload)
        } catch {
            return [DiscardedRecord(id: "", key: "", content: "the kept event is no JSON: \(error)")]
        }
        return (event["Records"]?.arrayValue ?? []).map { record in
            if let kinesis = record["kinesis"] {
                let data = kinesis["data"]?.stringValue ?? ""
                return DiscardedRecord(
                    id: kinesis["sequenceNumber"]?.stringValue ?? "",
                    key: kinesis["partitionKey"]?.stringValue ?? "", content: text(ofBase64: data))
            }
            let change = record["dynamodb"]
            return DiscardedRecord(
                id: change?["SequenceNumber"]?.stringValue ?? "", key: change?["Keys"]?.text ?? "",
                content: (change?["NewImage"] ?? change?["OldImage"] ?? change?["Keys"])?.text ?? "")
        }
    }

    private static func text(ofBase64 data: String) -> String {
        guard let bytes = Base64.decode(data), let text = String(validating: bytes, as: UTF8.self) else {
            return data
        }
        return text
    }
}
