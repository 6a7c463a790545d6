import EventModel
import MappingEngine
import Testing

@Suite("Filters over what a source stores")
struct SourceFilterTests {
    private let created = Timestamp(millisecondsSinceEpoch: 1_542_776_258_000)
    private let arrival = Timestamp(millisecondsSinceEpoch: 1_545_084_650_987)

    private func filter(_ patterns: [String], source: ARN) throws -> SourceFilter? {
        let settings = MappingSettings(batchSize: 10, filters: try patterns.map { try FilterPattern($0) })
        return SourceFilter(
            of: EventSourceMapping(
                id: "m", location: Location(), source: source,
                functionARN: Location().arn("lambda", "function:fn"),
                settings: settings, state: .enabled, isEnabled: true, stateTransitionReason: "",
                lastProcessingResult: nil, modifiedAt: created))
    }

    @Test("Without patterns there is no filter")
    func none() throws {
        #expect(try filter([], source: Location().arn("sqs", "q")) == nil)
    }

    private func stream(_ kind: StreamDefinition.Kind) -> StreamDefinition {
        let shard = ShardDefinition(
            key: ShardKey(rawValue: 9), index: 6, id: "shardId-000000000006",
            hashKeys: HashKeyRange.even(count: 1)[0], createdAt: created)
        return StreamDefinition(
            key: StreamKey(rawValue: 1), name: "clicks", location: Location(), kind: kind, createdAt: created,
            retentionHours: 24, isEnabled: true, shards: [shard])
    }

    private func passes(
        _ patterns: [String], in stream: StreamDefinition, key: String = "k", _ payload: [UInt8]
    ) throws -> Bool {
        var filter = try #require(try filter(patterns, source: stream.arn))
        let key = Array(key.utf8)
        let shard = stream.shards[0]
        // Asked twice, because nothing may be left over from the record before.
        var answers: [Bool] = []
        for _ in 0..<2 {
            answers.append(
                filter.passes(
                    0x6764_8a17, arrival: arrival, partitionKey: key.span, payload: payload.span,
                    of: shard.key,
                    in: stream, numbers: SequenceNumber(shard: shard, of: stream)))
        }
        #expect(answers[0] == answers[1])
        return answers[0]
    }

    // MARK: - Kinesis

    @Test(
        "Kinesis: data is looked into, the inner members stand at the top",
        arguments: [
            (#"{"data":{"kind":["click"]}}"#, #"{"kind":"click"}"#, true),
            (#"{"data":{"kind":["click"]}}"#, #"{"kind":"view"}"#, false),
            (#"{"data":{"kind":["click"]},"partitionKey":["k"]}"#, #"{"kind":"click"}"#, true),
            (#"{"data":{"kind":["click"]},"partitionKey":["z"]}"#, #"{"kind":"click"}"#, false),
            (#"{"data.kind":["click"]}"#, #"{"kind":"click"}"#, true),
            (#"{"partitionKey":[{"prefix":"k"}]}"#, "no JSON", true),
            (#"{"kinesisSchemaVersion":["1.0"]}"#, "", true),
            (#"{"approximateArrivalTimestamp":[{"numeric":["=",1545084650.987]}]}"#, "", true),
            (#"{"sequenceNumber":["49590338271490256608559692538361571095921575989136588898"]}"#, "", true),
            (#"{"kinesis":{"partitionKey":["k"]}}"#, "{}", false),
            (#"{"eventSource":["aws:kinesis"]}"#, "{}", false),
            (#"{"eventSource":[{"exists":false}]}"#, "{}", true),
            (#"{"data":{"a":[{"exists":false}]}}"#, "{}", true),
            // Data that is no JSON object never matches a pattern for data.
            (#"{"data":{"a":[{"exists":false}]}}"#, "no JSON", false),
            (#"{"data":{"a":[{"exists":false}]}}"#, "[]", false),
            (#"{"data":{"a":[{"exists":false}]}}"#, "", false),
            (#"{"data":{"a":[{"anything-but":"x"}]}}"#, #""text""#, false),
            (#"{"$or":[{"data":{"a":[1]}},{"partitionKey":["k"]}]}"#, "no JSON", true),
        ])
    func kinesis(pattern: String, data: String, expected: Bool) throws {
        let stream = stream(.kinesis(isOnDemand: false))
        #expect(try passes([pattern], in: stream, Array(data.utf8)) == expected)
    }

    @Test("Kinesis: a record that one pattern cannot read may match another")
    func kinesisSeveral() throws {
        let stream = stream(.kinesis(isOnDemand: false))
        let patterns = [#"{"data":{"a":[1]}}"#, #"{"partitionKey":["k"]}"#]
        #expect(try passes(patterns, in: stream, [0xFF, 0x00]))
        #expect(try !passes(patterns, in: stream, key: "z", [0xFF, 0x00]))
        #expect(try passes(patterns, in: stream, key: "z", Array(#"{"a":1}"#.utf8)))
    }

    // MARK: - DynamoDB

    @Test(
        "DynamoDB: type tags are part of the path, numbers are texts",
        arguments: [
            (#"{"eventName":["INSERT","MODIFY"]}"#, true), (#"{"eventName":["REMOVE"]}"#, false),
            (#"{"dynamodb":{"NewImage":{"state":{"S":["open"]}}}}"#, true),
            (#"{"dynamodb":{"NewImage":{"state":["open"]}}}"#, false),
            (#"{"dynamodb":{"Keys":{"Id":{"N":["101"]}}}}"#, true),
            (#"{"dynamodb":{"Keys":{"Id":{"N":[101]}}}}"#, false),
            (#"{"dynamodb":{"Keys":{"Id":{"N":[{"numeric":[">",100]}]}}}}"#, false),
            (#"{"dynamodb":{"Keys":{"Id":{"N":[{"numeric":[">",100]},{"anything-but":"101"}]}}}}"#, false),
            (
                #"{"dynamodb":{"OldImage":{"size":{"N":[{"numeric":[">",100]},{"anything-but":"101"}]}}}}"#,
                true
            ),
            // Only leaves are there or not: an attribute is an object.
            (#"{"dynamodb":{"NewImage":{"state":[{"exists":false}]}}}"#, true),
            (#"{"dynamodb":{"NewImage":{"state":[{"exists":true}]}}}"#, false),
            (#"{"dynamodb":{"NewImage":{"state":{"S":[{"exists":false}]}}}}"#, false),
            (#"{"dynamodb":{"NewImage":{"gone":{"S":[{"exists":false}]}}}}"#, true),
            (#"{"dynamodb":{"ApproximateCreationDateTime":[1545084650]}}"#, true),
            (#"{"dynamodb":{"SizeBytes":[59],"StreamViewType":["NEW_AND_OLD_IMAGES"]}}"#, true),
            (#"{"dynamodb":{"SequenceNumber":[{"suffix":"0001734642199"}]}}"#, true),
            (#"{"dynamodb":{"SequenceNumber":[{"exists":true}]},"eventID":[{"exists":true}]}"#, true),
            (#"{"eventVersion":["1.1"],"eventSource":["aws:dynamodb"],"awsRegion":["us-east-1"]}"#, true),
            (#"{"eventSourceARN":[{"wildcard":"arn:aws:dynamodb:*:table/T/stream/*"}]}"#, true),
            (#"{"userIdentity":{"type":["Service"]}}"#, false),
            (#"{"userIdentity":{"type":[{"exists":false}]}}"#, true),
        ])
    func table(pattern: String, expected: Bool) throws {
        let change = change(isExpiry: false)
        #expect(try passes([pattern], in: tableStream, change) == expected)
    }

    @Test("DynamoDB: an expiry shows who removed the item")
    func expiry() throws {
        let pattern = #"{"userIdentity":{"type":["Service"],"principalId":["dynamodb.amazonaws.com"]}}"#
        #expect(try passes([pattern], in: tableStream, change(isExpiry: true)))
        #expect(try !passes([pattern], in: tableStream, change(isExpiry: false)))
    }

    private var tableStream: StreamDefinition {
        stream(
            .table(
                TableKey(rawValue: 1), tableName: "T", view: .newAndOldImages,
                label: "2024-09-17T12:49:54.528"))
    }

    private func change(isExpiry: Bool) -> [UInt8] {
        let header = ChangeRecord.Header(eventName: .modify, sizeBytes: 59, isExpiry: isExpiry)
        let images =
            #""Keys":{"Id":{"N":"101"}},"NewImage":{"Id":{"N":"101"},"state":{"S":"open"}},"#
            + #""OldImage":{"Id":{"N":"101"},"size":{"N":"42"}}"#
        return ChangeRecord(header: header, images: Array(images.utf8)).stored
    }

    // MARK: - Queues

    @Test(
        "Queues: the table of formats, and the other members",
        arguments: [
            ("plain", #"{"body":["plain"]}"#, true), ("plain", #"{"body":["other"]}"#, false),
            ("plain", #"{"messageId":[{"exists":true}]}"#, true), ("plain", #"{"body":{"a":[1]}}"#, false),
            ("plain", #"{"body":{"a":[{"exists":false}]}}"#, false),
            (#"{"a":1}"#, #"{"body":[{"prefix":""}]}"#, false),
            (#"{"a":1}"#, #"{"body":[{"exists":false}]}"#, false),
            (#"{"a":1}"#, #"{"messageId":[{"exists":true}]}"#, true),
            (#"{"a":1}"#, #"{"body":{"a":[1]}}"#, true), (#"{"a":1}"#, #"{"body":{"a":[2]}}"#, false),
            (#"{"test2":105}"#, #"{"body":{"test2":[{"numeric":[">",100]}]}}"#, true),
            (#"{"test2":100}"#, #"{"body":{"test2":[{"numeric":[">",100]}]}}"#, false),
            ("105", #"{"body":["105"]}"#, true), ("105", #"{"body":[105]}"#, false),
            ("[1]", #"{"body":[{"prefix":"["}]}"#, true),
            ("[1]", #"{"body":{"a":[{"exists":false}]}}"#, false),
            ("x", #"{"attributes":{"ApproximateReceiveCount":["2"]}}"#, true),
            ("x", #"{"attributes":{"SentTimestamp":["1545084650987"]}}"#, true),
            ("x", #"{"messageAttributes":{"kind":{"stringValue":["a"],"dataType":["String"]}}}"#, true),
            ("x", #"{"messageAttributes":{"kind":{"stringValue":["b"]}}}"#, false),
            ("x", #"{"messageAttributes":{"other":{"stringValue":[{"exists":false}]}}}"#, true),
            ("x", #"{"eventSource":["aws:sqs"],"awsRegion":["us-east-1"],"body":["x"]}"#, true),
            ("x", #"{"eventSource":["aws:sqs"],"awsRegion":["us-east-1"],"body":["y"]}"#, false),
            ("x", #"{"$or":[{"body":{"a":[1]}},{"body":["x"]}]}"#, true),
            (#"{"a":1}"#, #"{"$or":[{"body":{"a":[1]}},{"body":["x"]}]}"#, true),
            // The empty text, which an encoded record without its body would show.
            ("x", #"{"body":[""],"eventSource":["aws:sqs"]}"#, false),
            ("x", #"{"body":[{"anything-but":"x"}],"eventSource":["aws:sqs"]}"#, false),
        ])
    func queue(body: String, pattern: String, expected: Bool) throws {
        var filter = try #require(try filter([pattern], source: Location().arn("sqs", "q")))
        let body = Array(body.utf8)
        let attributes = Array(#"{"kind":{"DataType":"String","StringValue":"a"}}"#.utf8)
        for _ in 0..<2 {
            let isPassing = filter.passes(message, body: body.span, attributes: attributes.span)
            #expect(isPassing == expected)
        }
    }

    private var message: ReceivedMessage {
        ReceivedMessage(
            position: 1, messageID: MessageID(high: 1, low: 2),
            receipt: ReceiptHandle(queue: QueueKey(rawValue: 1), position: 1, serial: 1, secret: 7),
            receiveCount: 2, firstReceivedAt: arrival, sentAt: arrival, bodyMD5: 0, attributesMD5: 5,
            traceHeader: nil, groupID: nil, deadLetterSource: nil)
    }
}
