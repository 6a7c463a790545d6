package import EventModel

/// Records of a stream with which a function succeeded.
package struct SucceededBatch: Equatable, Sendable {
    /// How many records it is about; 0 for the end of a window.
    package var count: Int
    /// Attempts of the request that reached the function, the last one included, from 1.
    package var approximateInvokeCount: Int
    /// The function's answer, as it came.
    package var answer: [UInt8]

    package init(count: Int, approximateInvokeCount: Int, answer: [UInt8]) {
        self.count = count
        self.approximateInvokeCount = approximateInvokeCount
        self.answer = answer
    }
}

/// What a report says of the records that it is about.
package struct ReportedRecords: Equatable, Sendable {
    package var startSequenceNumber: String
    package var endSequenceNumber: String
    package var firstArrival: Timestamp
    package var lastArrival: Timestamp

    package init(
        startSequenceNumber: String, endSequenceNumber: String, firstArrival: Timestamp,
        lastArrival: Timestamp
    ) {
        self.startSequenceNumber = startSequenceNumber
        self.endSequenceNumber = endSequenceNumber
        self.firstArrival = firstArrival
        self.lastArrival = lastArrival
    }
}

extension InvocationRecord {
    /// The report of a success: condition and answer are those of an asynchronous invocation's (invocation.md §2.3), the
    /// rest is that of a discarded batch.
    package init(
        of success: SucceededBatch, records: ReportedRecords?, requestID: String, functionARN: String,
        timestamp: Timestamp, source: Source, shardID: String, streamARN: String, window: Window? = nil
    ) {
        self.init(
            requestID: requestID, functionARN: functionARN, condition: "Success",
            approximateInvokeCount: success.approximateInvokeCount, responseContext: .succeeded,
            timestamp: timestamp, source: source, shardID: shardID,
            batch: records.map {
                Batch(
                    startSequenceNumber: $0.startSequenceNumber, endSequenceNumber: $0.endSequenceNumber,
                    firstArrival: $0.firstArrival, lastArrival: $0.lastArrival, size: success.count)
            },
            streamARN: streamARN, window: window, responsePayload: success.answer)
    }

    private init(
        requestID: String, functionARN: String, condition: String, approximateInvokeCount: Int,
        responseContext: ResponseContext, timestamp: Timestamp, source: Source, shardID: String,
        batch: Batch?,
        streamARN: String, window: Window?, responsePayload: [UInt8]?
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        self.condition = condition
        self.approximateInvokeCount = approximateInvokeCount
        self.responseContext = responseContext
        self.timestamp = timestamp
        self.source = source
        self.shardID = shardID
        self.batch = batch
        self.streamARN = streamARN
        self.window = window
        self.responsePayload = responsePayload
    }
}

// MARK: - Buckets

extension InvocationRecord {
    /// Where a report stands in a bucket (esm-streams.md §5): `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/…`.
    ///
    /// - Parameter random: A UUID.
    package func objectKey(mapping id: String, random: String) -> String {
        Self.objectKey(mapping: id, part: shardID, timestamp: timestamp, random: random)
    }

    static func objectKey(mapping id: String, part: String, timestamp: Timestamp, random: String) -> String {
        let seconds = timestamp.iso8601Seconds
        let day = seconds.prefix { $0 != "T" }.replacing("-", with: "/")
        let time = seconds.replacing(":", with: ".").dropLast()
        return "aws/lambda/\(id)/\(part)/\(day)/\(time)-\(random)"
    }
}
