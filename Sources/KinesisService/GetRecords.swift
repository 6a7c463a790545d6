import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func getRecords(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit")
        let text = try arguments.string("ShardIterator")
        var constraints = Constraints()
        constraints.required(text != nil, "shardIterator")
        constraints.range(limit, at: "limit", 1...KinesisLimits.listResults)
        try constraints.check()
        let now = now()
        guard let iterator = ShardIterator(text ?? "", secret: store.secret), iterator.after >= 0 else {
            throw .invalidArgument("Invalid ShardIterator.")
        }
        guard !iterator.isExpired(at: now) else {
            throw .expiredIterator(created: iterator.createdAt, now: now)
        }
        guard let stream = store.catalog.stream(iterator.stream), let shard = stream.shard(iterator.shard)
        else {
            throw AWSError("ResourceNotFoundException", "The stream of this iterator does not exist.")
        }
        let page = try RecordPage(
            of: shard, in: stream, after: iterator.after, limit: limit ?? KinesisLimits.listResults, reader,
            now: now)
        call.succeed(json: page.json(iterator, stream, store.secret, now: now))
    }
}

/// The records of one GetRecords, already written, and what has to be said about them.
private struct RecordPage {
    private let shard: ShardDefinition
    private var records: JSONWriter
    private let last: Position
    private var lastArrival: Timestamp?
    private let tip: ShardTip

    init(
        of shard: ShardDefinition, in stream: StreamDefinition, after: Position, limit: Int,
        _ reader: StoreReader, now: Timestamp
    ) throws(AWSError) {
        self.shard = shard
        let numbers = SequenceNumber(shard: shard, of: stream)
        // Before the records: what comes in between makes the page look older than it is, never newer.
        tip = reader.tip(of: shard.key)
        var json = JSONWriter(capacity: 4_096)
        var arrivals: Timestamp?
        json.beginObject()
        json.key("Records")
        json.beginArray()
        do throws(StoreError) {
            last = try reader.records(
                in: shard.key, after: after, limit: limit, maxBytes: KinesisLimits.readBytes
            ) { position, arrival, partitionKey, payload in
                json.record(numbers, position, arrival, partitionKey, payload)
                arrivals = arrival
                return true
            }
        } catch {
            throw error.wireError
        }
        json.endArray()
        records = json
        lastArrival = arrivals
    }

    func json(
        _ iterator: ShardIterator, _ stream: StreamDefinition, _ secret: UInt64, now: Timestamp
    ) -> [UInt8] {
        var json = records
        let next = max(last, iterator.after)
        if let end = shard.endingPosition, next >= end {
            json.childShards(of: shard, in: stream)
        } else {
            let following = ShardIterator(
                stream: iterator.stream, shard: iterator.shard, after: next, createdAt: now)
            json.key("NextShardIterator")
            json.value(following.text(secret: secret))
        }
        json.key("MillisBehindLatest")
        json.value(millisecondsBehind(next, now: now))
        json.endObject()
        return json.bytes
    }

    /// How old the last record read is, 0 at the tip; for a page without records before the tip, the tip's age.
    private func millisecondsBehind(_ position: Position, now: Timestamp) -> Int64 {
        guard position < tip.position else { return 0 }
        return max(0, (now - (lastArrival ?? tip.arrival)).wholeMilliseconds)
    }
}

extension JSONWriter {
    fileprivate mutating func record(
        _ numbers: SequenceNumber, _ position: Position, _ arrival: Timestamp, _ partitionKey: Span<UInt8>,
        _ payload: Span<UInt8>
    ) {
        beginObject()
        key("SequenceNumber")
        raw("\"")
        numbers.append(position, arrival: arrival, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        key("ApproximateArrivalTimestamp")
        value(thousandths: arrival.millisecondsSinceEpoch)
        key("Data")
        base64(payload)
        key("PartitionKey")
        string(escaping: partitionKey)
        endObject()
    }

    fileprivate mutating func childShards(of parent: ShardDefinition, in stream: StreamDefinition) {
        key("ChildShards")
        beginArray()
        for shard in stream.shards where shard.parent == parent.key || shard.adjacentParent == parent.key {
            beginObject()
            key("ShardId")
            value(shard.id)
            key("ParentShards")
            beginArray()
            for key in [shard.parent, shard.adjacentParent] {
                if let key, let parent = stream.shard(key) { value(parent.id) }
            }
            endArray()
            hashKeyRange(shard.hashKeys)
            endObject()
        }
        endArray()
    }

    mutating func hashKeyRange(_ range: HashKeyRange) {
        key("HashKeyRange")
        beginObject()
        key("StartingHashKey")
        value(String(range.start))
        key("EndingHashKey")
        value(String(range.end))
        endObject()
    }
}
