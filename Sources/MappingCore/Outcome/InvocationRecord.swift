import ByteCoding
package import EventModel

/// The report of a discarded batch, as AWS sends it to the on-failure destination (esm-streams.md §5), or that of a batch
/// with which the function succeeded, in the same form.
package struct InvocationRecord: Equatable, Sendable {
    /// Names the batch member and the form of arrival times.
    package enum Source: Equatable, Sendable {
        /// `KinesisBatchInfo`, arrival times with milliseconds.
        case kinesis
        /// `DDBStreamBatchInfo`, arrival times in whole seconds.
        case table
    }

    package var requestID: String
    /// As configured on the mapping.
    package var functionARN: String
    package var condition: String
    package var approximateInvokeCount: Int
    package var responseContext: ResponseContext
    package var executedVersion = "$LATEST"
    package var timestamp: Timestamp
    package var source: Source
    package var shardID: String
    /// `nil` for the end of a window, which has no records.
    package var batch: Batch?
    package var streamARN: String
    /// Of a mapping with tumbling windows.
    package var window: Window?
    /// The function's answer to a batch with which it succeeded, as it came.
    package var responsePayload: [UInt8]?

    /// What is said of the records.
    package struct Batch: Equatable, Sendable {
        package var startSequenceNumber: String
        package var endSequenceNumber: String
        package var firstArrival: Timestamp
        package var lastArrival: Timestamp
        package var size: Int
    }

    /// What is said of the tumbling window (esm-streams.md §5).
    package struct Window: Equatable, Sendable {
        package var window: TumblingWindow
        package var isFinal: Bool
        package var isTerminatedEarly: Bool

        package init(_ window: TumblingWindow, isFinal: Bool = false, isTerminatedEarly: Bool = false) {
            self.window = window
            self.isFinal = isFinal
            self.isTerminatedEarly = isTerminatedEarly
        }
    }

    package init(
        of batch: DiscardedBatch, requestID: String, functionARN: String, timestamp: Timestamp,
        source: Source,
        shardID: String, startSequenceNumber: String, endSequenceNumber: String, firstArrival: Timestamp,
        lastArrival: Timestamp, streamARN: String, window: Window? = nil
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        condition = batch.condition.rawValue
        approximateInvokeCount = batch.approximateInvokeCount
        responseContext = batch.responseContext
        self.timestamp = timestamp
        self.source = source
        self.shardID = shardID
        self.batch = Batch(
            startSequenceNumber: startSequenceNumber, endSequenceNumber: endSequenceNumber,
            firstArrival: firstArrival, lastArrival: lastArrival, size: batch.records.count)
        self.streamARN = streamARN
        self.window = window
    }

    package init(
        of discarded: DiscardedWindow, requestID: String, functionARN: String, timestamp: Timestamp,
        source: Source, shardID: String, streamARN: String
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        condition = discarded.condition.rawValue
        approximateInvokeCount = discarded.approximateInvokeCount
        responseContext = discarded.responseContext
        self.timestamp = timestamp
        self.source = source
        self.shardID = shardID
        self.streamARN = streamARN
        window = Window(discarded.window, isFinal: true, isTerminatedEarly: discarded.isEarly)
    }
}

// MARK: - Text

extension InvocationRecord {
    /// The JSON document, members in AWS's order.
    package var bytes: [UInt8] { bytes(payload: nil) }

    /// The JSON document, members in AWS's order.
    ///
    /// - Parameter payload: The event as it was sent to the function, which only reports for buckets hold: as a text.
    package func bytes(payload: [UInt8]?) -> [UInt8] {
        let size = 1_024 + (payload?.count ?? 0) * 5 / 4 + (responsePayload?.count ?? 0)
        var json = JSONWriter(capacity: size)
        json.beginObject()
        let context = ReportContext(
            requestID: requestID, functionARN: functionARN, condition: condition,
            approximateInvokeCount: approximateInvokeCount, responseContext: responseContext,
            executedVersion: executedVersion)
        context.writeRequest(to: &json)
        context.writeResponse(to: &json)
        if let responsePayload { ReportContext.write(answer: responsePayload, to: &json) }
        json.key("version")
        json.value("1.0")
        json.key("timestamp")
        json.value(timestamp.iso8601Milliseconds)
        switch source {
        case .kinesis: json.key("KinesisBatchInfo")
        case .table: json.key("DDBStreamBatchInfo")
        }
        writeBatchInfo(to: &json)
        if let window { Self.write(window, to: &json) }
        if let payload {
            json.key("payload")
            json.string(escaping: payload.span)
        }
        json.endObject()
        return json.bytes
    }

    private func writeBatchInfo(to json: inout JSONWriter) {
        json.beginObject()
        json.key("shardId")
        json.value(shardID)
        if let batch {
            json.key("startSequenceNumber")
            json.value(batch.startSequenceNumber)
            json.key("endSequenceNumber")
            json.value(batch.endSequenceNumber)
            json.key("approximateArrivalOfFirstRecord")
            json.value(text(ofArrival: batch.firstArrival))
            json.key("approximateArrivalOfLastRecord")
            json.value(text(ofArrival: batch.lastArrival))
            json.key("batchSize")
            json.value(batch.size)
        }
        json.key("streamArn")
        json.value(streamARN)
        json.endObject()
    }

    /// The members' names are ours: AWS's are not recorded.
    private static func write(_ window: Window, to json: inout JSONWriter) {
        json.key("timeWindowInfo")
        json.beginObject()
        json.key("windowStart")
        json.value(window.window.start.iso8601Seconds)
        json.key("windowEnd")
        json.value(window.window.end.iso8601Seconds)
        json.key("isFinalInvokeForWindow")
        json.value(window.isFinal)
        json.key("isWindowTerminatedEarly")
        json.value(window.isTerminatedEarly)
        json.endObject()
    }

    private func text(ofArrival arrival: Timestamp) -> String {
        switch source {
        case .kinesis: arrival.iso8601Milliseconds
        case .table: arrival.iso8601Seconds
        }
    }
}
