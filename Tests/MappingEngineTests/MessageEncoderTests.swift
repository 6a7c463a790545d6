import ByteCoding
import EventModel
import MappingEngine
import Testing

@Suite("A queue message as an event")
struct MessageEncoderTests {
    private let source = ARN(
        service: "sqs", region: "us-east-2", account: "123456789012", resource: "my-queue")

    private func message(receiveCount: Int = 1, deadLetterSource: ARN? = nil) -> ReceivedMessage {
        let receipt = ReceiptHandle(queue: QueueKey(rawValue: 1), position: 5, serial: 1, secret: 7)
        return ReceivedMessage(
            position: 5, messageID: MessageID(high: 0x059f_36b4_87a3_44ab, low: 0x83d2_6619_7583_0a7d),
            receipt: receipt, receiveCount: receiveCount,
            firstReceivedAt: Timestamp(millisecondsSinceEpoch: 1_545_082_649_185),
            sentAt: Timestamp(millisecondsSinceEpoch: 1_545_082_649_183),
            bodyMD5: 0xe4e6_8fb7_bd0e_697a_0ae8_f1bb_3428_46b3,
            attributesMD5: 0xd25a_6aea_97eb_8f58_5bfa_92d3_1450_4a92, traceHeader: nil, groupID: nil,
            deadLetterSource: deadLetterSource)
    }

    private func encode(_ message: ReceivedMessage, attributes: String = "", hasWindow: Bool = false)
        -> String
    {
        var bytes: [UInt8] = []
        let body = Array("Test message.".utf8)
        let wire = Array(attributes.utf8)
        MessageEncoder(source: source, hasBatchingWindow: hasWindow).append(
            message, body: body.span, attributes: wire.span, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("The recorded sample, member by member")
    func sample() {
        let expected =
            #"{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"\#(message().receipt.text)","#
            + #""body":"Test message.","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183","#
            + #""SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},"#
            + #""messageAttributes":{},"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","#
            + #""eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"}"#
        #expect(encode(message()) == expected)
    }

    @Test("Attributes take Lambda's form, their digest stands before the body's")
    func attributes() {
        let wire =
            #"{"Author":{"StringValue":"John Grisham","DataType":"String"},"#
            + #""Blob":{"BinaryValue":"AP8=","DataType":"Binary"}}"#
        let text = encode(message(), attributes: wire)
        let expected =
            #""messageAttributes":{"Author":{"stringValue":"John Grisham","stringListValues":[],"#
            + #""binaryListValues":[],"dataType":"String"},"Blob":{"binaryValue":"AP8=","stringListValues":[],"#
            + #""binaryListValues":[],"dataType":"Binary"}},"#
            + #""md5OfMessageAttributes":"d25a6aea97eb8f585bfa92d314504a92","md5OfBody":""#
        #expect(text.contains(expected))
    }

    @Test("Without attributes their digest is absent, or null once there is a batching window")
    func window() {
        #expect(!encode(message()).contains("md5OfMessageAttributes"))
        #expect(encode(message(), hasWindow: true).contains(#""md5OfMessageAttributes":null"#))
    }

    @Test(
        "A message of a FIFO queue has its sequence number, group and deduplication ID, in the recorded order"
    )
    func fifo() {
        let receipt = ReceiptHandle(queue: QueueKey(rawValue: 1), position: 1, serial: 1, secret: 7)
        let first = ReceivedMessage(
            position: 0, messageID: MessageID(high: 1, low: 2), receipt: receipt, receiveCount: 1,
            firstReceivedAt: Timestamp(millisecondsSinceEpoch: 9),
            sentAt: Timestamp(millisecondsSinceEpoch: 8),
            bodyMD5: 1, attributesMD5: 0, traceHeader: "Root=1", groupID: "g\"1", deduplicationID: "d",
            deadLetterSource: nil)
        let fifo = ARN(service: "sqs", region: "us-east-2", account: "123456789012", resource: "q.fifo")
        var bytes: [UInt8] = []
        let none: [UInt8] = []
        MessageEncoder(source: fifo, hasBatchingWindow: false).append(
            first, body: none.span, attributes: none.span, to: &bytes)
        let expected =
            #""attributes":{"ApproximateReceiveCount":"1","AWSTraceHeader":"Root=1","SentTimestamp":"8","#
            + #""SequenceNumber":"18849496460467696128","MessageGroupId":"g\"1","SenderId":"AIDAIENQZJOLO23YVJ4VO","#
            + #""MessageDeduplicationId":"d","ApproximateFirstReceiveTimestamp":"9"},"#
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(expected), "\(text)")
    }

    @Test("A redriven message names the queue it came from")
    func redriven() throws {
        let origin = ARN(service: "sqs", region: "us-east-2", account: "123456789012", resource: "source")
        let tree = try JSONValue(
            parsing: Array(encode(message(receiveCount: 4, deadLetterSource: origin)).utf8))
        #expect(tree["attributes"]?["DeadLetterQueueSourceArn"]?.stringValue == origin.description)
        #expect(tree["attributes"]?["ApproximateReceiveCount"]?.stringValue == "4")
    }
}
