import ByteCoding
package import EventModel

/// Writes stored stream records as the JSON that Lambda hands to functions (esm-streams.md §8).
package struct RecordEncoder {
    private enum Form {
        case kinesis(eventIDHead: [UInt8])
        case table(shard: ShardKey)
    }

    private let source: ARN
    private let numbers: SequenceNumber
    private let form: Form
    /// Everything behind the parts that differ from record to record.
    private let tail: [UInt8]

    /// - Parameters:
    ///   - source: The ARN on the mapping.
    ///   - role: The function's execution role, shown as `invokeIdentityArn` of Kinesis records.
    package init(stream: StreamDefinition, shard: ShardDefinition, source: ARN, role: String) {
        numbers = SequenceNumber(shard: shard, of: stream)
        var tail: [UInt8] = []
        switch stream.kind {
        case .kinesis:
            var head: [UInt8] = []
            EventBytes.append(#"},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":""#, to: &head)
            head.append(contentsOf: Array(shard.id.utf8))
            head.append(UInt8(ascii: ":"))
            form = .kinesis(eventIDHead: head)
            EventBytes.append(#"","eventName":"aws:kinesis:record","invokeIdentityArn":"#, to: &tail)
            EventBytes.appendString(role, to: &tail)
            EventBytes.append(#","awsRegion":"#, to: &tail)
            EventBytes.appendString(source.region, to: &tail)
            EventBytes.append(#","eventSourceARN":"#, to: &tail)
            EventBytes.appendString(source.description, to: &tail)
            EventBytes.append("}", to: &tail)
        case .table(_, _, let view, _):
            form = .table(shard: shard.key)
            EventBytes.append(#","StreamViewType":"#, to: &tail)
            EventBytes.appendString(view.rawValue, to: &tail)
            EventBytes.append("}", to: &tail)
        }
        self.source = source
        self.tail = tail
    }

    /// Appends one record without a comma.
    ///
    /// - Returns: False, with nothing appended, when the stored bytes are not what the store writes.
    package func append(
        _ position: Position, arrival: Timestamp, partitionKey: Span<UInt8>, payload: Span<UInt8>,
        to bytes: inout [UInt8]
    ) -> Bool {
        switch form {
        case .kinesis(let eventIDHead):
            appendKinesis(position, arrival, partitionKey, payload, eventIDHead, to: &bytes)
            return true
        case .table(let shard):
            guard let header = ChangeRecord.Header(payload) else { return false }
            appendChange(position, arrival, header, payload, shard, to: &bytes)
            return true
        }
    }

    private func appendKinesis(
        _ position: Position, _ arrival: Timestamp, _ partitionKey: Span<UInt8>, _ payload: Span<UInt8>,
        _ eventIDHead: [UInt8], to bytes: inout [UInt8]
    ) {
        EventBytes.append(#"{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"#, to: &bytes)
        EventBytes.appendString(partitionKey, to: &bytes)
        EventBytes.append(#","sequenceNumber":""#, to: &bytes)
        let start = bytes.count
        numbers.append(position, arrival: arrival, to: &bytes)
        let number = start..<bytes.count
        EventBytes.append(#"","data":""#, to: &bytes)
        Base64.encode(payload, into: &bytes)
        EventBytes.append(#"","approximateArrivalTimestamp":"#, to: &bytes)
        EventBytes.appendSeconds(milliseconds: arrival.millisecondsSinceEpoch, to: &bytes)
        bytes.append(contentsOf: eventIDHead)
        EventBytes.appendAgain(number, in: &bytes)
        bytes.append(contentsOf: tail)
    }

    private func appendChange(
        _ position: Position, _ arrival: Timestamp, _ header: ChangeRecord.Header, _ payload: Span<UInt8>,
        _ shard: ShardKey, to bytes: inout [UInt8]
    ) {
        EventBytes.append(#"{"eventID":""#, to: &bytes)
        ChangeRecord.appendEventID(shard: shard, position: position, to: &bytes)
        EventBytes.append(#"","eventName":""#, to: &bytes)
        EventBytes.append(header.eventName.text, to: &bytes)
        EventBytes.append(#"","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"#, to: &bytes)
        EventBytes.appendString(source.region, to: &bytes)
        EventBytes.append(#","dynamodb":{"ApproximateCreationDateTime":"#, to: &bytes)
        // A float that holds whole seconds, as recorded on AWS.
        EventBytes.appendDecimal(arrival.millisecondsSinceEpoch / 1_000, to: &bytes)
        EventBytes.append(".0,", to: &bytes)
        EventBytes.append(payload.extracting(ChangeRecord.Header.byteCount..<payload.count), to: &bytes)
        EventBytes.append(#","SequenceNumber":""#, to: &bytes)
        numbers.append(position, arrival: arrival, to: &bytes)
        EventBytes.append(#"","SizeBytes":"#, to: &bytes)
        EventBytes.appendDecimal(Int64(header.sizeBytes), to: &bytes)
        bytes.append(contentsOf: tail)
        if header.isExpiry {
            EventBytes.append(
                #","userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#, to: &bytes)
        }
        EventBytes.append(#","eventSourceARN":"#, to: &bytes)
        EventBytes.appendString(source.description, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }
}
