import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    /// Largest answer, in bytes of records (DynamoDB Streams API reference, `GetRecords`).
    private static let answerBytesMax = 1_048_576

    func getRecords(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try Self.streamsLimit(arguments, most: 1_000)
        guard let text = try arguments.string("ShardIterator") else { throw .nullMember("shardIterator") }
        let iterator = try ShardIterator(parsing: text)
        let now = now()
        try iterator.checkAge(now: now)
        let stream = try Self.tableStream(iterator.streamARN, store.catalog.snapshot)
        guard let shard = stream.shard(iterator.shard) else { throw .shardNotFound }
        guard var writer = RecordWriter(shard, of: stream) else {
            throw .streamNotFound(iterator.streamARN)
        }
        let last: Position
        do throws(StoreError) {
            last = try reader.records(
                in: shard.key, after: iterator.after, limit: limit, maxBytes: Self.answerBytesMax
            ) { position, arrival, _, stored in
                writer.append(position, arrival, stored)
            }
        } catch {
            throw AWSError(storeFailure: error)
        }
        guard writer.unreadable == nil else {
            throw AWSError(storeFailure: .corrupt("a change record of \(shard.id) is not readable"))
        }
        var next: ShardIterator?
        if last < shard.endingPosition ?? .max {
            next = ShardIterator(
                streamARN: iterator.streamARN, shard: shard.key, after: last, createdAt: now)
        }
        call.succeed(json: writer.finish(next: next))
    }
}

/// Writes records as the Streams API shows them, from their stored form, without building a tree.
private struct RecordWriter {
    private var json = JSONWriter(capacity: 16_384)
    private let shard: ShardDefinition
    private let numbers: SequenceNumber
    private let region: String
    private let view: StreamView
    /// The first record that was not understood.
    private(set) var unreadable: Position?

    init?(_ shard: ShardDefinition, of stream: StreamDefinition) {
        guard case .table(_, _, let view, _) = stream.kind else { return nil }
        self.shard = shard
        self.view = view
        numbers = SequenceNumber(shard: shard, of: stream)
        region = stream.location.region
        json.beginObject()
        json.key("Records")
        json.beginArray()
    }

    /// False when the record is not understood.
    mutating func append(_ position: Position, _ arrival: Timestamp, _ stored: Span<UInt8>) -> Bool {
        guard let header = ChangeRecord.Header(stored) else {
            unreadable = position
            return false
        }
        json.beginObject()
        json.key("eventID")
        var text: [UInt8] = []
        ChangeRecord.appendEventID(shard: shard.key, position: position, to: &text)
        json.string(escaping: text.span)
        json.key("eventName")
        json.value(header.eventName.text.description)
        json.raw(#""eventVersion":"1.1","eventSource":"aws:dynamodb""#)
        json.key("awsRegion")
        json.value(region)
        json.key("dynamodb")
        json.beginObject()
        json.key("ApproximateCreationDateTime")
        json.value(arrival.millisecondsSinceEpoch / 1_000)
        json.raw(stored.extracting(ChangeRecord.Header.byteCount..<stored.count))
        json.key("SequenceNumber")
        text.removeAll(keepingCapacity: true)
        numbers.append(position, arrival: arrival, to: &text)
        json.string(escaping: text.span)
        json.key("SizeBytes")
        json.value(header.sizeBytes)
        json.key("StreamViewType")
        json.value(view.rawValue)
        json.endObject()
        if header.isExpiry {
            json.raw(#""userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}"#)
        }
        json.endObject()
        return true
    }

    /// `nil` for the end of a closed shard, which has no next iterator.
    mutating func finish(next: ShardIterator?) -> [UInt8] {
        json.endArray()
        if let next {
            json.key("NextShardIterator")
            json.value(next.text)
        }
        json.endObject()
        return json.bytes
    }
}
