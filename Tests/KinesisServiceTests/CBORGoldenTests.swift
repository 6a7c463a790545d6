import AWSWire
import ByteCoding
import HTTP
import KinesisService
import Testing
import WireTesting

/// What AWS's SDKs for Java send and get; the bodies of the files are in hexadecimal digits.
@Suite("Kinesis in CBOR on the wire")
struct CBORGoldenTests {
    private func world() throws -> WireWorld {
        let world = try WireWorld { router, parts in
            KinesisService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
        }
        _ = try world.send(request("CreateStream", #"{"StreamName":"s","ShardCount":1}"#))
        return world
    }

    private func request(_ operation: String, _ json: String) throws -> HTTPRequest {
        try request(operation, JSONToCBOR.convert(Array(json.utf8), .kinesis, .amazon))
    }

    private func request(_ operation: String, _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([
                ("X-Amz-Target", "Kinesis_20131202.\(operation)"),
                ("Content-Type", "application/x-amz-cbor-1.1"),
            ]), body: body)
    }

    private func json(_ response: HTTPResponse) throws -> JSONValue {
        try JSONValue(parsing: CBORToJSON.convert(response.bodyBytes, .kinesis, .amazon))
    }

    @Test(
        "Calls and their answers are as recorded",
        arguments: [
            ("PutRecord", #"{"StreamName":"s","PartitionKey":"k","Data":"AAH/"}"#),
            (
                "PutRecords",
                #"{"StreamName":"s","Records":[{"PartitionKey":"a","Data":"AQ=="},{"PartitionKey":"b","Data":""}]}"#
            ),
            ("CreateStream", #"{"StreamName":"t","ShardCount":2}"#),
            ("DescribeStreamSummary", #"{"StreamName":"s"}"#),
            ("ListStreams", "{}"),
        ])
    func calls(operation: String, body: String) throws {
        let world = try world()
        let request = try request(operation, body)
        let response = try world.send(request)
        #expect(response.status == 200)
        let difference = try Golden(beside: #filePath).difference("cbor", operation, request, response)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test(
        "Errors are in CBOR, as recorded",
        arguments: [
            ("PutRecord", "no-stream", #"{"StreamName":"none","PartitionKey":"k","Data":"AA=="}"#),
            ("PutRecord", "no-key", #"{"StreamName":"s","Data":"AA=="}"#),
            ("CreateStream", "in-use", #"{"StreamName":"s","ShardCount":1}"#),
            ("NoSuchOperation", "unknown", "{}"),
        ])
    func errors(operation: String, name: String, body: String) throws {
        let world = try world()
        let request = try request(operation, body)
        let response = try world.send(request)
        #expect(response.status >= 400)
        #expect(try json(response)["__type"]?.stringValue?.isEmpty == false)
        let difference = try Golden(beside: #filePath).difference(
            "cbor", "\(operation)-\(name)", request, response)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("What is no CBOR changes nothing and is answered in CBOR, as recorded")
    func malformed() throws {
        let world = try world()
        let request = request("PutRecord", Array("{\"StreamName\":\"s\"}".utf8))
        let response = try world.send(request)
        #expect(response.status == 400)
        let difference = try Golden(beside: #filePath).difference("cbor", "malformed", request, response)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("A record is read as the bytes that were written, at the milliseconds of its arrival")
    func reading() throws {
        let world = try world()
        let data: [UInt8] = [0, 1, 0xFF, 0x80]
        _ = try world.send(
            request("PutRecord", #"{"StreamName":"s","PartitionKey":"k","Data":"\#(Base64.encode(data))"}"#))
        let iterator = try json(
            try world.send(
                request(
                    "GetShardIterator",
                    #"{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1720000000.1}"#
                )))
        let token = try #require(iterator["ShardIterator"]?.stringValue)
        let records = try world.send(request("GetRecords", "{\"ShardIterator\":\"\(token)\"}"))
        #expect(records.status == 200)
        let hex = Hex.encode(records.bodyBytes)
        #expect(hex.contains("6444617461" + "440001ff80"))
        // Tag 1, then 1,720,000,000,123.
        #expect(hex.contains("c11b0000019077fd307b"))
    }
}
