import ByteCoding
package import EventModel
import MappingCore

/// A mapping's filters over what its source stores: shows them each record's members without encoding the record.
///
/// Used on the engine's loop by all pollers of one mapping, in turn.
package struct SourceFilter {
    private enum Source {
        case kinesis(KinesisPlaces)
        case table(TablePlaces)
        case queue(QueuePlaces)
    }

    private var matcher: FilterMatcher
    private let source: Source
    private let arn: ARN
    private var scratch: [UInt8] = []

    /// `nil` when the mapping has no filters.
    package init?(of mapping: EventSourceMapping) {
        guard !mapping.settings.filters.isEmpty else { return nil }
        let filter = RecordFilter(mapping.settings.filters)
        matcher = FilterMatcher(filter)
        arn = mapping.source
        switch mapping.source.service {
        case "sqs":
            let hasWindow = mapping.settings.batchingWindowSeconds > 0
            source = .queue(QueuePlaces(filter, mapping.source, hasWindow: hasWindow))
        case "dynamodb": source = .table(TablePlaces(filter))
        default: source = .kinesis(KinesisPlaces(filter))
        }
    }
}

// MARK: - Streams

extension SourceFilter {
    /// Members of a record's `kinesis` object, which patterns find at the top.
    private struct KinesisPlaces {
        let data: RecordFilter.Node?
        let partitionKey: RecordFilter.Node?
        let sequenceNumber: RecordFilter.Node?
        let schemaVersion: RecordFilter.Node?
        let arrival: RecordFilter.Node?

        init(_ filter: RecordFilter) {
            data = filter.node("data")
            partitionKey = filter.node("partitionKey")
            sequenceNumber = filter.node("sequenceNumber")
            schemaVersion = filter.node("kinesisSchemaVersion")
            arrival = filter.node("approximateArrivalTimestamp")
        }
    }

    private struct TablePlaces {
        let dynamodb: RecordFilter.Node?
        let sequenceNumber: RecordFilter.Node?
        let arrival: RecordFilter.Node?
        let size: RecordFilter.Node?
        let view: RecordFilter.Node?
        let eventID: RecordFilter.Node?
        let eventName: RecordFilter.Node?
        let eventVersion: RecordFilter.Node?
        let eventSource: RecordFilter.Node?
        let region: RecordFilter.Node?
        let arn: RecordFilter.Node?
        let userType: RecordFilter.Node?
        let userID: RecordFilter.Node?

        init(_ filter: RecordFilter) {
            dynamodb = filter.node("dynamodb")
            sequenceNumber = filter.node("dynamodb", "SequenceNumber")
            arrival = filter.node("dynamodb", "ApproximateCreationDateTime")
            size = filter.node("dynamodb", "SizeBytes")
            view = filter.node("dynamodb", "StreamViewType")
            eventID = filter.node("eventID")
            eventName = filter.node("eventName")
            eventVersion = filter.node("eventVersion")
            eventSource = filter.node("eventSource")
            region = filter.node("awsRegion")
            arn = filter.node("eventSourceARN")
            userType = filter.node("userIdentity", "type")
            userID = filter.node("userIdentity", "principalId")
        }
    }

    /// Whether a stored record passes.
    package mutating func passes(
        _ position: Position, arrival: Timestamp, partitionKey: Span<UInt8>, payload: Span<UInt8>,
        of shard: ShardKey, in stream: StreamDefinition, numbers: SequenceNumber
    ) -> Bool {
        matcher.begin()
        switch source {
        case .kinesis(let places):
            if let node = places.partitionKey { matcher.add(text: partitionKey, at: node) }
            if let node = places.sequenceNumber {
                addText(at: node) { numbers.append(position, arrival: arrival, to: &$0) }
            }
            if let node = places.schemaVersion { addText(at: node) { EventBytes.append("1.0", to: &$0) } }
            if let node = places.arrival {
                addNumber(at: node) {
                    EventBytes.appendSeconds(milliseconds: arrival.millisecondsSinceEpoch, to: &$0)
                }
            }
            if let node = places.data, !matcher.add(json: payload, below: node) {
                matcher.rejectFields(below: node)
            }
        case .table(let places):
            guard let header = ChangeRecord.Header(payload) else {
                preconditionFailure("the store holds change records for a table's stream")
            }
            addChange(places, header, position, shard, stream)
            if let node = places.sequenceNumber {
                addText(at: node) { numbers.append(position, arrival: arrival, to: &$0) }
            }
            if let node = places.arrival {
                addNumber(at: node) {
                    EventBytes.appendDecimal(arrival.millisecondsSinceEpoch / 1_000, to: &$0)
                }
            }
            if let node = places.dynamodb {
                let images = payload.extracting(ChangeRecord.Header.byteCount..<payload.count)
                let isRead = matcher.add(members: images, below: node)
                precondition(isRead, "the store holds the images of a change as JSON members")
            }
        case .queue: preconditionFailure("a queue has no records")
        }
        return matcher.matches
    }

    /// What a change record says beside its images.
    private mutating func addChange(
        _ places: TablePlaces, _ header: ChangeRecord.Header, _ position: Position, _ shard: ShardKey,
        _ stream: StreamDefinition
    ) {
        let arn = arn
        if let node = places.eventID {
            addText(at: node) { ChangeRecord.appendEventID(shard: shard, position: position, to: &$0) }
        }
        if let node = places.eventName {
            addText(at: node) { EventBytes.append(header.eventName.text, to: &$0) }
        }
        if let node = places.eventVersion { addText(at: node) { EventBytes.append("1.1", to: &$0) } }
        if let node = places.eventSource { addText(at: node) { EventBytes.append("aws:dynamodb", to: &$0) } }
        if let node = places.region { addText(at: node) { $0.append(contentsOf: Array(arn.region.utf8)) } }
        if let node = places.arn { addText(at: node) { $0.append(contentsOf: Array(arn.description.utf8)) } }
        if let node = places.size {
            addNumber(at: node) { EventBytes.appendDecimal(Int64(header.sizeBytes), to: &$0) }
        }
        if let node = places.view, case .table(_, _, let view, _) = stream.kind {
            addText(at: node) { $0.append(contentsOf: Array(view.rawValue.utf8)) }
        }
        guard header.isExpiry else { return }
        if let node = places.userType { addText(at: node) { EventBytes.append("Service", to: &$0) } }
        if let node = places.userID {
            addText(at: node) { EventBytes.append("dynamodb.amazonaws.com", to: &$0) }
        }
    }

    private mutating func addText(at node: RecordFilter.Node, _ write: (inout [UInt8]) -> Void) {
        var bytes = takeScratch()
        write(&bytes)
        matcher.add(text: bytes.span, at: node)
        scratch = bytes
    }

    /// Lent and given back, so that its memory serves for every record.
    private mutating func takeScratch() -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &scratch)
        bytes.removeAll(keepingCapacity: true)
        return bytes
    }

    private mutating func addNumber(at node: RecordFilter.Node, _ write: (inout [UInt8]) -> Void) {
        var bytes = takeScratch()
        write(&bytes)
        matcher.add(number: bytes.span, at: node)
        scratch = bytes
    }
}

// MARK: - Queues

extension SourceFilter {
    private struct QueuePlaces {
        let body: RecordFilter.Node?
        /// Writes the record around the body, when a pattern looks at it.
        let encoder: MessageEncoder?

        init(_ filter: RecordFilter, _ source: ARN, hasWindow: Bool) {
            body = filter.node("body")
            encoder =
                filter.looks(beyond: "body")
                ? MessageEncoder(source: source, hasBatchingWindow: hasWindow) : nil
        }
    }

    /// Whether a received message passes.
    package mutating func passes(
        _ message: ReceivedMessage, body: Span<UInt8>, attributes: Span<UInt8>
    ) -> Bool {
        guard case .queue(let places) = source else { preconditionFailure("a stream has no messages") }
        matcher.begin()
        if let encoder = places.encoder {
            var bytes = takeScratch()
            encoder.append(message, body: Span(), attributes: attributes, to: &bytes)
            let isRead = matcher.add(json: bytes.span, below: .root)
            scratch = bytes
            precondition(isRead, "records are written as JSON")
        }
        if let node = places.body { addBody(body, at: node) }
        return matcher.matches
    }

    /// A body that is a JSON object is looked into, any other is a text; patterns for the other kind do not match.
    private mutating func addBody(_ body: Span<UInt8>, at node: RecordFilter.Node) {
        matcher.forget(node)
        if matcher.add(json: body, below: node) {
            matcher.rejectFields(at: node)
        } else {
            matcher.rejectFields(below: node)
            matcher.add(text: body, at: node)
        }
    }
}
