import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

/// One answer to SubscribeToShard while it lasts: sends a shard's records as they are committed.
///
/// Confined to the loop of its service.
final class ShardSubscription: @unchecked Sendable {
    // Unchecked, because every entry is called by `ShardSubscriptions` on the loop.
    let consumer: ConsumerReference
    let stream: StreamKey
    let shard: ShardKey
    private let writer: HTTPStreamWriter
    private let codec: BodyCodec
    private let reader: StoreReader
    private var pace: SubscriptionPace
    /// Everything up to here was sent.
    private var after: Position
    private var lastArrival: Timestamp?
    private var hasRoom = true
    private(set) var isOver = false

    /// Payload bytes that one event is filled with; a larger record has one for itself (own choice).
    private static let eventBytes = 1_048_576
    /// Events in a row before others have their turn (own choice).
    private static let eventsInTurn = 4

    init(
        _ consumer: ConsumerReference, _ stream: StreamDefinition, _ shard: ShardDefinition,
        after: Position, _ writer: HTTPStreamWriter, _ codec: BodyCodec, _ reader: StoreReader,
        now: Timestamp
    ) {
        self.consumer = consumer
        self.stream = stream.key
        self.shard = shard.key
        self.after = after
        self.writer = writer
        self.codec = codec
        self.reader = reader
        pace = SubscriptionPace(startedAt: now)
        write(EventStreamFrame.event("initial-response", contentType: codec.eventContentType, emptyObject))
    }

    /// What to do next.
    enum Turn: Equatable {
        /// Come again at once, when others had their turn.
        case again
        /// Come again on news, or after this time.
        case wait(Duration)
        case over
    }

    /// Sends what there is and what the client has room for.
    func advance(_ catalog: CatalogSnapshot, now: Timestamp) -> Turn {
        guard !isOver else { return .over }
        guard let stream = catalog.stream(stream), consumer.consumer(of: stream) != nil else {
            fail(.consumerNotFound(consumer.consumerName, consumer.location.account))
            return .over
        }
        guard let shard = stream.shard(shard) else {
            // Closed longer ago than the retention, and read to its end by nobody.
            fail(.streamNotFound(stream.name, stream.location.account))
            return .over
        }
        for _ in 0..<Self.eventsInTurn {
            let tip = reader.tip(of: shard.key).position
            let isClosed = shard.endingPosition.map { after >= $0 } ?? false
            switch pace.next(hasNews: after < tip || isClosed, hasRoom: hasRoom, now: now) {
            case .end:
                finish()
                return .over
            case .wait(let length): return .wait(length)
            case .send: send(from: shard, of: stream, now: now)
            }
            if isOver { return .over }
        }
        return .again
    }

    /// The client has read; there is room again.
    func drained() { hasRoom = true }

    func finish() {
        guard !isOver else { return }
        isOver = true
        writer.finish()
    }

    /// Tells the client why nothing more will come.
    func fail(_ error: AWSError) {
        guard !isOver else { return }
        var json = JSONWriter()
        json.beginObject()
        json.key("message")
        json.value(error.message)
        json.endObject()
        // The stream's union has no `InternalFailure`, but this.
        let shape = error.shape == "InternalFailure" ? "InternalFailureException" : error.shape
        write(
            EventStreamFrame.exception(
                shape, contentType: codec.eventContentType, payload(json.bytes) ?? []))
        finish()
    }
}

// MARK: - Events

extension ShardSubscription {
    private func send(from shard: ShardDefinition, of stream: StreamDefinition, now: Timestamp) {
        let page: RecordPage
        let arrival: Timestamp?
        do throws(AWSError) {
            page = try RecordPage(
                of: shard, in: stream, after: after, limit: KinesisLimits.listResults,
                maxBytes: Self.eventBytes, reader)
            arrival = try self.arrival(ofLastOf: page)
        } catch {
            return fail(error)
        }
        after = page.last
        lastArrival = arrival
        var json = page.json
        if page.isAtEnd {
            // Without a number: there is nothing to go on with but the children.
            json.childShards(of: shard, in: stream)
        } else {
            json.key("ContinuationSequenceNumber")
            json.value(
                SequenceNumber(shard: shard, of: stream).text(after, arrival: arrival ?? shard.createdAt))
        }
        json.key("MillisBehindLatest")
        json.value(page.millisecondsBehind(now: now))
        json.endObject()
        guard let payload = payload(json.bytes) else {
            return fail(.internalFailure("An event cannot be written in the client's encoding."))
        }
        write(
            EventStreamFrame.event("SubscribeToShardEvent", contentType: codec.eventContentType, payload))
        if page.isAtEnd { finish() }
    }

    private func arrival(ofLastOf page: RecordPage) throws(AWSError) -> Timestamp? {
        if let arrival = page.lastArrival { return arrival }
        if page.last == after, let lastArrival { return lastArrival }
        do throws(StoreError) {
            return try reader.arrival(of: page.last, in: shard)
        } catch {
            throw error.wireError
        }
    }

    private func payload(_ json: [UInt8]) -> [UInt8]? {
        do throws(JSONError) {
            return try codec.encoded(json)
        } catch {
            // JSON of ours that is none: the caller ends the stream and says so.
            return nil
        }
    }

    private var emptyObject: [UInt8] { payload(Array("{}".utf8)) ?? [] }

    private func write(_ frame: [UInt8]) {
        if !writer.write(frame) { hasRoom = false }
    }
}
