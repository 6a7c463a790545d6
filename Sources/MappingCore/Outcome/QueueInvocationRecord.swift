import ByteCoding
package import EventModel

/// The report on messages of a queue with which a function succeeded, or which were given up after it failed: our own, in the
/// form of an asynchronous invocation's (invocation.md §2.3) with a description of the batch like that of a stream's.
package struct QueueInvocationRecord: Equatable, Sendable {
    /// The `condition`.
    package enum Condition: String, Equatable, Sendable {
        case success = "Success"
        /// The function failed with the messages in the last receive that the queue's redrive policy gives them.
        case maxReceiveCountExceeded = "MaxReceiveCountExceeded"
    }

    package var requestID: String
    /// As configured on the mapping.
    package var functionARN: String
    package var condition: Condition
    /// How often the messages were received, the highest of their counts.
    package var approximateInvokeCount: Int
    package var responseContext: ResponseContext
    package var timestamp: Timestamp
    package var queueARN: String
    package var firstMessageID: String
    package var lastMessageID: String
    /// When they were sent.
    package var firstSent: Timestamp
    package var lastSent: Timestamp
    package var size: Int
    /// The function's answer or error, as it came; `nil` for none.
    package var responsePayload: [UInt8]?

    package init(
        requestID: String, functionARN: String, condition: Condition, approximateInvokeCount: Int,
        responseContext: ResponseContext, timestamp: Timestamp, queueARN: String, firstMessageID: String,
        lastMessageID: String, firstSent: Timestamp, lastSent: Timestamp, size: Int,
        responsePayload: [UInt8]?
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        self.condition = condition
        self.approximateInvokeCount = approximateInvokeCount
        self.responseContext = responseContext
        self.timestamp = timestamp
        self.queueARN = queueARN
        self.firstMessageID = firstMessageID
        self.lastMessageID = lastMessageID
        self.firstSent = firstSent
        self.lastSent = lastSent
        self.size = size
        self.responsePayload = responsePayload
    }

    /// The JSON document.
    ///
    /// - Parameter event: The event with these messages, as JSON; `nil` leaves it out, for destinations that do not take
    ///   so much.
    package func bytes(event: [UInt8]?) -> [UInt8] {
        let context = ReportContext(
            requestID: requestID, functionARN: functionARN, condition: condition.rawValue,
            approximateInvokeCount: approximateInvokeCount, responseContext: responseContext,
            executedVersion: "$LATEST")
        var json = JSONWriter(capacity: 1_024 + (event?.count ?? 0) + (responsePayload?.count ?? 0))
        json.beginObject()
        json.key("version")
        json.value("1.0")
        json.key("timestamp")
        json.value(timestamp.iso8601Milliseconds)
        context.writeRequest(to: &json)
        if let event {
            json.key("requestPayload")
            json.raw(event)
        }
        context.writeResponse(to: &json)
        if let responsePayload { ReportContext.write(answer: responsePayload, to: &json) }
        writeBatchInfo(to: &json)
        json.endObject()
        return json.bytes
    }

    private func writeBatchInfo(to json: inout JSONWriter) {
        json.key("SQSBatchInfo")
        json.beginObject()
        json.key("queueArn")
        json.value(queueARN)
        json.key("firstMessageId")
        json.value(firstMessageID)
        json.key("lastMessageId")
        json.value(lastMessageID)
        json.key("sentTimestampOfFirstMessage")
        json.value(firstSent.iso8601Milliseconds)
        json.key("sentTimestampOfLastMessage")
        json.value(lastSent.iso8601Milliseconds)
        json.key("batchSize")
        json.value(size)
        json.endObject()
    }

    /// Where the report stands in a bucket: as a stream's, with the queue's name for the shard.
    ///
    /// - Parameter random: A UUID.
    package func objectKey(mapping id: String, queue name: String, random: String) -> String {
        InvocationRecord.objectKey(mapping: id, part: name, timestamp: timestamp, random: random)
    }
}
