import EventModel
import MappingCore
import Testing

@Suite("The report on messages of a queue")
struct QueueInvocationRecordTests {
    private static func record(
        _ condition: QueueInvocationRecord.Condition, _ context: ResponseContext, answer: String
    ) -> QueueInvocationRecord {
        QueueInvocationRecord(
            requestID: "r", functionARN: "arn:f", condition: condition, approximateInvokeCount: 3,
            responseContext: context, timestamp: Timestamp(millisecondsSinceEpoch: 1_573_691_886_021),
            queueARN: "arn:q", firstMessageID: "m1", lastMessageID: "m2",
            firstSent: Timestamp(millisecondsSinceEpoch: 1_573_691_884_835),
            lastSent: Timestamp(millisecondsSinceEpoch: 1_573_691_885_580), size: 2,
            responsePayload: Array(answer.utf8))
    }

    private static func text(_ record: QueueInvocationRecord, event: String?) -> String {
        String(decoding: record.bytes(event: event.map { Array($0.utf8) }), as: UTF8.self)
    }

    private static let batch =
        #""SQSBatchInfo":{"queueArn":"arn:q","firstMessageId":"m1","lastMessageId":"m2","#
        + #""sentTimestampOfFirstMessage":"2019-11-14T00:38:04.835Z","#
        + #""sentTimestampOfLastMessage":"2019-11-14T00:38:05.580Z","batchSize":2}}"#

    @Test("A failure carries error and event in the form of an asynchronous invocation")
    func failure() {
        let record = Self.record(.maxReceiveCountExceeded, .unhandled, answer: #"{"errorMessage":"no"}"#)
        #expect(
            Self.text(record, event: #"{"Records":[]}"#)
                == #"{"version":"1.0","timestamp":"2019-11-14T00:38:06.021Z","#
                + #""requestContext":{"requestId":"r","functionArn":"arn:f","#
                + #""condition":"MaxReceiveCountExceeded","approximateInvokeCount":3},"#
                + #""requestPayload":{"Records":[]},"#
                + #""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#
                + #""responsePayload":{"errorMessage":"no"},"# + Self.batch)
    }

    @Test("A success has no error, an answer that is no JSON is a text, and the event can be left out")
    func success() {
        #expect(
            Self.text(Self.record(.success, .succeeded, answer: "done"), event: nil)
                == #"{"version":"1.0","timestamp":"2019-11-14T00:38:06.021Z","#
                + #""requestContext":{"requestId":"r","functionArn":"arn:f","condition":"Success","#
                + #""approximateInvokeCount":3},"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"#
                + #""responsePayload":"done","# + Self.batch)
    }

    @Test("In a bucket the queue's name stands where a stream's report has its shard")
    func key() {
        let key = Self.record(.success, .succeeded, answer: "").objectKey(
            mapping: "m", queue: "orders", random: "u")
        #expect(key == "aws/lambda/m/orders/2019/11/14/2019-11-14T00.38.06-u")
    }
}
