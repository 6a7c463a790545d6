package import EventModel

/// The report of a discarded batch, as AWS sends it to the on-failure destination (esm-streams.md §5).
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
    package var condition: DiscardedBatch.Condition
    package var approximateInvokeCount: Int
    package var responseContext: ResponseContext
    package var executedVersion = "$LATEST"
    package var timestamp: Timestamp
    package var source: Source
    package var shardID: String
    package var startSequenceNumber: String
    package var endSequenceNumber: String
    package var firstArrival: Timestamp
    package var lastArrival: Timestamp
    package var batchSize: Int
    package var streamARN: String

    package init(
        of batch: DiscardedBatch, requestID: String, functionARN: String, timestamp: Timestamp,
        source: Source,
        shardID: String, startSequenceNumber: String, endSequenceNumber: String, firstArrival: Timestamp,
        lastArrival: Timestamp, streamARN: String
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        condition = batch.condition
        approximateInvokeCount = batch.approximateInvokeCount
        responseContext = batch.responseContext
        self.timestamp = timestamp
        self.source = source
        self.shardID = shardID
        self.startSequenceNumber = startSequenceNumber
        self.endSequenceNumber = endSequenceNumber
        self.firstArrival = firstArrival
        self.lastArrival = lastArrival
        batchSize = batch.records.count
        self.streamARN = streamARN
    }

    /// The JSON document, members in AWS's order.
    package var bytes: [UInt8] { fatalError("pending") }
}
