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

@Suite("The report of a success")
struct SuccessRecordTests {
    private func record(answer: String, _ records: ReportedRecords?) -> InvocationRecord {
        InvocationRecord(
            of: SucceededBatch(count: 2, approximateInvokeCount: 3, answer: Array(answer.utf8)),
            records: records, requestID: "id", functionARN: "fn",
            timestamp: Timestamp(millisecondsSinceEpoch: 1_573_691_886_021), source: .kinesis,
            shardID: "shardId-000000000001", streamARN: "s")
    }

    private let two = ReportedRecords(
        startSequenceNumber: "1", endSequenceNumber: "2",
        firstArrival: Timestamp(millisecondsSinceEpoch: 1_573_691_884_835),
        lastArrival: Timestamp(millisecondsSinceEpoch: 1_573_691_885_580))

    @Test(
        "It has the condition and the answer of an asynchronous invocation, and the rest of a discarded batch"
    )
    func document() {
        let bytes = record(answer: #"{"a": [1]}"#, two).bytes(payload: Array(#"{"Records":["\"ü"]}"#.utf8))
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"""
                {"requestContext":{"requestId":"id","functionArn":"fn","condition":"Success",\#
                "approximateInvokeCount":3},"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},\#
                "responsePayload":{"a": [1]},"version":"1.0","timestamp":"2019-11-14T00:38:06.021Z",\#
                "KinesisBatchInfo":{"shardId":"shardId-000000000001","startSequenceNumber":"1",\#
                "endSequenceNumber":"2","approximateArrivalOfFirstRecord":"2019-11-14T00:38:04.835Z",\#
                "approximateArrivalOfLastRecord":"2019-11-14T00:38:05.580Z","batchSize":2,"streamArn":"s"},\#
                "payload":"{\"Records\":[\"\\\"ü\"]}"}
                """#)
    }

    @Test("An answer that is no JSON is a text", arguments: ["", "hello", "{} {}"])
    func text(answer: String) {
        let text = String(decoding: record(answer: answer, nil).bytes, as: UTF8.self)
        #expect(text.contains(#""responsePayload":"\#(answer)","version""#), "\(text)")
    }

    @Test("Its key in a bucket has the day, the time and a chance")
    func key() {
        #expect(
            record(answer: "{}", two).objectKey(mapping: "m", random: "r")
                == "aws/lambda/m/shardId-000000000001/2019/11/14/2019-11-14T00.38.06-r")
    }
}
