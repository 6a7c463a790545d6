import ByteCoding
package import EventModel

/// Writes received messages as the JSON that Lambda hands to functions (esm-sqs.md §8).
package struct MessageEncoder {
    private let tail: [UInt8]
    /// With a batching window AWS's other back end answers, which writes the key with `null` (recorded).
    private let writesNullAttributesMD5: Bool
    private let isFIFO: Bool

    package init(source: ARN, hasBatchingWindow: Bool) {
        var tail: [UInt8] = []
        EventBytes.append(#"","eventSource":"aws:sqs","eventSourceARN":"#, to: &tail)
        EventBytes.appendString(source.description, to: &tail)
        EventBytes.append(#","awsRegion":"#, to: &tail)
        EventBytes.appendString(source.region, to: &tail)
        EventBytes.append("}", to: &tail)
        self.tail = tail
        writesNullAttributesMD5 = hasBatchingWindow
        isFIFO = source.resource.hasSuffix(".fifo")
    }

    /// Appends one message without a comma.
    ///
    /// - Parameter attributes: The message attributes as a JSON object in SQS's wire form; empty when there are none.
    package func append(
        _ message: ReceivedMessage, body: Span<UInt8>, attributes: Span<UInt8>, to bytes: inout [UInt8]
    ) {
        EventBytes.append(#"{"messageId":""#, to: &bytes)
        message.messageID.append(to: &bytes)
        EventBytes.append(#"","receiptHandle":""#, to: &bytes)
        message.receipt.append(to: &bytes)
        EventBytes.append(#"","body":"#, to: &bytes)
        EventBytes.appendString(body, to: &bytes)
        appendSystemAttributes(message, to: &bytes)
        EventBytes.append(#","messageAttributes":"#, to: &bytes)
        if attributes.isEmpty {
            EventBytes.append("{}", to: &bytes)
            if writesNullAttributesMD5 { EventBytes.append(#","md5OfMessageAttributes":null"#, to: &bytes) }
        } else {
            bytes.append(contentsOf: Self.eventForm(ofAttributes: attributes))
            EventBytes.append(#","md5OfMessageAttributes":""#, to: &bytes)
            Self.appendHex(message.attributesMD5, to: &bytes)
            EventBytes.append(#"""#, to: &bytes)
        }
        EventBytes.append(#","md5OfBody":""#, to: &bytes)
        Self.appendHex(message.bodyMD5, to: &bytes)
        bytes.append(contentsOf: tail)
    }

    private func appendSystemAttributes(_ message: ReceivedMessage, to bytes: inout [UInt8]) {
        EventBytes.append(#","attributes":{"ApproximateReceiveCount":""#, to: &bytes)
        EventBytes.appendDecimal(Int64(message.receiveCount), to: &bytes)
        EventBytes.append(#"","#, to: &bytes)
        if let header = message.traceHeader {
            EventBytes.append(#""AWSTraceHeader":"#, to: &bytes)
            EventBytes.appendString(header, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        EventBytes.append(#""SentTimestamp":""#, to: &bytes)
        EventBytes.appendDecimal(message.sentAt.millisecondsSinceEpoch, to: &bytes)
        EventBytes.append(#"","#, to: &bytes)
        if isFIFO {
            EventBytes.append(#""SequenceNumber":""#, to: &bytes)
            message.sequenceNumber.append(to: &bytes)
            EventBytes.append(#"","#, to: &bytes)
        }
        if let group = message.groupID {
            EventBytes.append(#""MessageGroupId":"#, to: &bytes)
            EventBytes.appendString(group, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        EventBytes.append(#""SenderId":"AIDAIENQZJOLO23YVJ4VO","#, to: &bytes)
        if isFIFO {
            // One that came as a dead letter of a standard queue has its own ID for it.
            EventBytes.append(#""MessageDeduplicationId":"#, to: &bytes)
            EventBytes.appendString(message.deduplicationID ?? message.messageID.description, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        if let source = message.deadLetterSource {
            EventBytes.append(#""DeadLetterQueueSourceArn":"#, to: &bytes)
            EventBytes.appendString(source.description, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        EventBytes.append(#""ApproximateFirstReceiveTimestamp":""#, to: &bytes)
        EventBytes.appendDecimal(message.firstReceivedAt.millisecondsSinceEpoch, to: &bytes)
        EventBytes.append(#""}"#, to: &bytes)
    }

    /// `{"A":{"DataType":"String","StringValue":"v"}}` becomes
    /// `{"A":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"}}`.
    private static func eventForm(ofAttributes wire: Span<UInt8>) -> [UInt8] {
        let copy = wire.withUnsafeBufferPointer { Array($0) }
        let tree: JSONValue
        do {
            tree = try JSONValue(parsing: copy)
        } catch {
            preconditionFailure("the store keeps message attributes as the service wrote them: \(error)")
        }
        var members: [(String, JSONValue)] = []
        for (name, value) in tree.objectValue?.members ?? [] {
            var attribute: [(String, JSONValue)] = []
            if let text = value["StringValue"] { attribute.append(("stringValue", text)) }
            if let binary = value["BinaryValue"] { attribute.append(("binaryValue", binary)) }
            attribute.append(("stringListValues", .array([])))
            attribute.append(("binaryListValues", .array([])))
            attribute.append(("dataType", value["DataType"] ?? .string("String")))
            members.append((name, .object(JSONObject(attribute))))
        }
        return JSONValue.object(JSONObject(members)).bytes
    }

    private static func appendHex(_ digest: UInt128, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            var half = UInt64(truncatingIfNeeded: digest >> 64)
            for place in 0..<32 {
                if place == 16 { half = UInt64(truncatingIfNeeded: digest) }
                let digit = UInt8(truncatingIfNeeded: half >> 60)
                text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                half <<= 4
            }
            bytes.append(contentsOf: text)
        }
    }
}
