import EventModel
import MappingCore
import Testing

@Suite("The report of a discarded batch")
struct InvocationRecordTests {
    private func record(
        _ source: InvocationRecord.Source, _ condition: DiscardedBatch.Condition, _ context: ResponseContext,
        count: Int
    ) -> InvocationRecord {
        let batch = DiscardedBatch(
            records: RecordSpan(first: 1, last: 500, count: 500), condition: condition,
            approximateInvokeCount: count, responseContext: context, request: 1, checkpoint: 500)
        return InvocationRecord(
            of: batch, requestID: "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
            functionARN: "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
            timestamp: Timestamp(millisecondsSinceEpoch: 1_573_691_886_021), source: source,
            shardID: "shardId-000000000001", startSequenceNumber: "4960", endSequenceNumber: "4961",
            firstArrival: Timestamp(millisecondsSinceEpoch: 1_573_691_884_835),
            lastArrival: Timestamp(millisecondsSinceEpoch: 1_573_691_885_580),
            streamARN: "arn:aws:kinesis:us-east-2:123456789012:stream/mystream")
    }

    private func text(_ record: InvocationRecord) -> String { String(decoding: record.bytes, as: UTF8.self) }

    @Test("For Kinesis it is AWS's document, byte for byte")
    func kinesis() {
        #expect(
            text(record(.kinesis, .retryAttemptsExhausted, .unhandled, count: 1)) == """
                {"requestContext":{"requestId":"c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",\
                "functionArn":"arn:aws:lambda:us-east-2:123456789012:function:myfunction",\
                "condition":"RetryAttemptsExhausted","approximateInvokeCount":1},\
                "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},\
                "version":"1.0","timestamp":"2019-11-14T00:38:06.021Z",\
                "KinesisBatchInfo":{"shardId":"shardId-000000000001","startSequenceNumber":"4960",\
                "endSequenceNumber":"4961","approximateArrivalOfFirstRecord":"2019-11-14T00:38:04.835Z",\
                "approximateArrivalOfLastRecord":"2019-11-14T00:38:05.580Z","batchSize":500,\
                "streamArn":"arn:aws:kinesis:us-east-2:123456789012:stream/mystream"}}
                """)
    }

    @Test("For a table's stream the batch has its own name and arrival times whole seconds")
    func table() {
        let text = text(record(.table, .retryAttemptsExhausted, .unhandled, count: 1))
        #expect(text.contains(#""DDBStreamBatchInfo":{"shardId""#))
        #expect(!text.contains("KinesisBatchInfo"))
        #expect(text.contains(#""approximateArrivalOfFirstRecord":"2019-11-14T00:38:04Z""#))
        #expect(text.contains(#""approximateArrivalOfLastRecord":"2019-11-14T00:38:05Z""#))
        #expect(text.contains(#""timestamp":"2019-11-14T00:38:06.021Z""#))
    }

    @Test("A function that answered shows no function error, but the key")
    func partial() {
        let text = text(record(.kinesis, .retryAttemptsExhausted, .noFunctionError, count: 4))
        #expect(text.contains(#","functionError":null},"version""#))
        #expect(text.contains(#""approximateInvokeCount":4},"responseContext""#))
    }

    @Test("What was never answered has no response context")
    func absent() {
        let text = text(record(.kinesis, .recordAgeExceeded, .absent, count: 1))
        #expect(
            text.contains(#""condition":"RecordAgeExceeded","approximateInvokeCount":1},"version":"1.0""#))
        #expect(!text.contains("responseContext"))
    }
}
