import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Records of a shard that follow a position, already written, and what has to be said about them.
struct RecordPage {
    /// An object that was begun, with its member `Records`.
    let json: JSONWriter
    let count: Int
    /// Payloads and partition keys of the records.
    let bytes: Int
    /// The last position that was read or passed over; where to go on.
    let last: Position
    /// When the last record arrived; `nil` without records.
    let lastArrival: Timestamp?
    /// True when the shard is closed and nothing is left of it.
    let isAtEnd: Bool
    private let tip: ShardTip

    init(
        of shard: ShardDefinition, in stream: StreamDefinition, after: Position, limit: Int, maxBytes: Int,
        _ reader: StoreReader
    ) throws(AWSError) {
        let numbers = SequenceNumber(shard: shard, of: stream)
        let settings = stream.settings
        // Before the records: what comes in between makes the page look older than it is, never newer.
        tip = reader.tip(of: shard.key)
        var json = JSONWriter(capacity: 4_096)
        var arrivals: Timestamp?
        var count = 0
        var bytes = 0
        json.beginObject()
        json.key("Records")
        json.beginArray()
        let read: Position
        do throws(StoreError) {
            read = try reader.records(in: shard.key, after: after, limit: limit, maxBytes: maxBytes) {
                position, arrival, partitionKey, payload in
                json.record(
                    numbers, position, arrival, partitionKey, payload,
                    isEncrypted: settings.isEncrypted(recordFrom: arrival))
                arrivals = arrival
                count += 1
                bytes += partitionKey.count + payload.count
                return true
            }
        } catch {
            throw error.wireError
        }
        json.endArray()
        let last = max(read, after)
        self.json = json
        self.count = count
        self.bytes = bytes
        self.last = last
        lastArrival = arrivals
        isAtEnd = shard.endingPosition.map { last >= $0 } ?? false
    }

    /// How old the last record read is, 0 at the tip; for a page without records before the tip, the tip's age.
    func millisecondsBehind(now: Timestamp) -> Int64 {
        guard last < tip.position else { return 0 }
        return max(0, (now - (lastArrival ?? tip.arrival)).wholeMilliseconds)
    }
}

extension JSONWriter {
    fileprivate mutating func record(
        _ numbers: SequenceNumber, _ position: Position, _ arrival: Timestamp, _ partitionKey: Span<UInt8>,
        _ payload: Span<UInt8>, isEncrypted: Bool
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
        if isEncrypted {
            key("EncryptionType")
            value("KMS")
        }
        endObject()
    }

    mutating func childShards(of parent: ShardDefinition, in stream: StreamDefinition) {
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
