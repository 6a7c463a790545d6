import ByteCoding
import EventModel
import MappingEngine
import Testing

@Suite("A stream record as an event")
struct RecordEncoderTests {
    private let created = Timestamp(millisecondsSinceEpoch: 1_542_776_258_000)
    private let arrival = Timestamp(millisecondsSinceEpoch: 1_545_084_650_987)

    private func stream(_ kind: StreamDefinition.Kind) -> StreamDefinition {
        let shard = ShardDefinition(
            key: ShardKey(rawValue: 9), index: 6, id: "shardId-000000000006",
            hashKeys: HashKeyRange.even(count: 1)[0],
            createdAt: created)
        return StreamDefinition(
            key: StreamKey(rawValue: 1), name: "lambda-stream",
            location: Location(account: "123456789012", region: "us-east-2"), kind: kind, createdAt: created,
            retentionHours: 24, isEnabled: true, shards: [shard])
    }

    private func encode(_ stream: StreamDefinition, key: [UInt8], payload: [UInt8], position: Position)
        -> String
    {
        let encoder = RecordEncoder(
            stream: stream, shard: stream.shards[0], source: stream.arn,
            role: "arn:aws:iam::123456789012:role/lambda-role")
        var bytes: [UInt8] = []
        let isEncoded = encoder.append(
            position, arrival: arrival, partitionKey: key.span, payload: payload.span, to: &bytes)
        return isEncoded ? String(decoding: bytes, as: UTF8.self) : ""
    }

    @Test("The ARN on the mapping is the one in the event, be it that of a consumer")
    func consumer() {
        let stream = stream(.kinesis(isOnDemand: false))
        let consumer = StreamConsumer(name: "app", createdAt: arrival).arn(in: stream)
        let encoder = RecordEncoder(
            stream: stream, shard: stream.shards[0], source: consumer, role: "arn:aws:iam::1:role/r")
        var bytes: [UInt8] = []
        let none: [UInt8] = []
        let isEncoded = encoder.append(
            1, arrival: arrival, partitionKey: none.span, payload: none.span, to: &bytes)
        #expect(isEncoded)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix(#""eventSourceARN":"\#(stream.arn)/consumer/app:1545084650"}"#), "\(text)")
    }

    @Test("Kinesis: the recorded sample, member by member")
    func kinesis() {
        let data = Array("Hello, this is a test.".utf8)
        let text = encode(
            stream(.kinesis(isOnDemand: false)), key: Array("1".utf8), payload: data, position: 0x6764_8a17)
        let number = "49590338271490256608559692538361571095921575989136588898"
        let expected =
            #"{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1","sequenceNumber":"\#(number)","#
            + #""data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","approximateArrivalTimestamp":1545084650.987},"#
            + #""eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:\#(number)","#
            + #""eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role","#
            + #""awsRegion":"us-east-2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"}"#
        #expect(text == expected)
    }

    @Test("A partition key with quotes and control characters is escaped")
    func escaping() throws {
        let key = "a\"b\\c\n\u{1}é"
        let text = encode(
            stream(.kinesis(isOnDemand: false)), key: Array(key.utf8), payload: [0, 255], position: 1)
        let tree = try JSONValue(parsing: Array(text.utf8))
        #expect(tree["kinesis"]?["partitionKey"]?.stringValue == key)
        #expect(tree["kinesis"]?["data"]?.stringValue == "AP8=")
    }

    @Test(
        "DynamoDB: whole seconds as a float, images as stored, user identity only for expiry",
        arguments: [false, true])
    func table(isExpiry: Bool) throws {
        let kind = StreamDefinition.Kind.table(
            TableKey(rawValue: 1), tableName: "T", view: .newAndOldImages, label: "2024-09-17T12:49:54.528")
        let header = ChangeRecord.Header(eventName: .modify, sizeBytes: 59, isExpiry: isExpiry)
        let images = #""Keys":{"Id":{"N":"101"}},"NewImage":{"Id":{"N":"101"}},"OldImage":{"Id":{"N":"101"}}"#
        let change = ChangeRecord(header: header, images: Array(images.utf8))
        let text = encode(stream(kind), key: [1], payload: change.stored, position: 7)
        let tree = try JSONValue(parsing: Array(text.utf8))
        #expect(tree["eventName"]?.stringValue == "MODIFY")
        #expect(tree["eventID"]?.stringValue?.count == 32)
        #expect(text.contains(#""dynamodb":{"ApproximateCreationDateTime":1545084650.0,"Keys":"#))
        #expect(text.contains(#""SizeBytes":59,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#))
        #expect(
            tree["eventSourceARN"]?.stringValue
                == "arn:aws:dynamodb:us-east-2:123456789012:table/T/stream/2024-09-17T12:49:54.528")
        #expect((tree["userIdentity"]?["principalId"]?.stringValue == "dynamodb.amazonaws.com") == isExpiry)
    }

    @Test("Stored bytes that are no change record are refused, and nothing is written")
    func garbage() {
        let kind = StreamDefinition.Kind.table(
            TableKey(rawValue: 1), tableName: "T", view: .keysOnly, label: "2024-09-17T12:49:54.528")
        #expect(encode(stream(kind), key: [1], payload: [9, 9, 9], position: 1).isEmpty)
    }
}
