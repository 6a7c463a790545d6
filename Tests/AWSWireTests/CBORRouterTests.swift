import AWSWire
import ByteCoding
import HTTP
import Testing

@Suite("Requests in CBOR find their service")
struct CBORRouterTests {
    private func router(signed: Bool = false) -> ServiceRouter {
        var router = ServiceRouter(makeRequestID: { "request-1" })
        let handler: ServiceRouter.Handler = { call in
            switch call.operation {
            case "Echo": call.succeed(json: call.body)
            case "Nothing": call.succeed()
            case "Broken": call.succeed(json: Array("{\"Data\":1".utf8))
            case "Events":
                let json = (try? call.codec.encoded(Array("{\"Data\":\"eA==\"}".utf8))) ?? []
                call.succeed(
                    json: Array("{\"a\":\"\(Hex.encode(json)) \(call.codec.eventContentType)\"}".utf8))
            default: call.failUnknownOperation()
            }
        }
        router.register(jsonTarget: "Kinesis_20131202", of: .kinesis, cbor: .kinesis, handler)
        router.register(jsonTarget: "AmazonSQS", of: .sqs, handler)
        router.register(rpcV2CBOR: "AmazonSQS", of: .sqs, members: .kinesis, handler)
        return router
    }

    private func amazon(_ operation: String, _ hex: String, service: String = "Kinesis_20131202")
        -> HTTPRequest
    {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([
                ("X-Amz-Target", "\(service).\(operation)"), ("Content-Type", "application/x-amz-cbor-1.1"),
            ]), body: Hex.decode(hex) ?? [])
    }

    private func rpc(_ path: String, _ hex: String, protocol name: String = "rpc-v2-cbor") -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: path,
            headers: HeaderFields([("smithy-protocol", name), ("Content-Type", "application/cbor")]),
            body: Hex.decode(hex) ?? [])
    }

    private func text(_ response: HTTPResponse?) throws -> String {
        let body = try #require(response).body.joined
        return String(decoding: try CBORToJSON.convert(body, .kinesis, .rpcV2), as: UTF8.self)
    }

    @Test("A handler of JSON is called in CBOR and answers in it")
    func amazonCBOR() throws {
        let found = answer(of: router(), to: amazon("Echo", "bf644461746141786954696d657374616d70c11903e9ff"))
        #expect(found?.status == 200)
        #expect(found?.header("content-type") == "application/x-amz-cbor-1.1")
        #expect(found?.header("x-amzn-requestid") == "request-1")
        #expect(Hex.encode(found?.body.joined ?? []) == "bf644461746141786954696d657374616d70c11903e9ff")
        let empty = answer(of: router(), to: amazon("Nothing", ""))
        #expect(empty?.body.count == 0)
    }

    @Test("Errors are in CBOR too")
    func errors() throws {
        let unknown = answer(of: router(), to: amazon("Else", "a0"))
        #expect(unknown?.status == 501)
        #expect(unknown?.header("content-type") == "application/x-amz-cbor-1.1")
        #expect(
            try text(unknown).hasPrefix(#"{"__type":"UnsupportedOperation","message":"Millrace does not"#))
        let malformed = answer(of: router(), to: amazon("Echo", "bf61"))
        #expect(malformed?.status == 400)
        #expect(
            try text(malformed)
                == #"{"__type":"SerializationException","message":"CBOR is wrong at byte 1: the bytes end inside of an item."}"#
        )
        let broken = answer(of: router(), to: amazon("Broken", "a0"))
        #expect(broken?.status == 500)
        #expect(try text(broken).hasPrefix(#"{"__type":"InternalFailure","#))
    }

    @Test("A service that does not speak CBOR says so")
    func notSpoken() throws {
        let found = answer(of: router(), to: amazon("Echo", "a0", service: "AmazonSQS"))
        #expect(found?.status == 501)
        #expect(found?.text.contains("does not support the CBOR protocol of Amazon SQS") == true)
    }

    @Test("RPC v2 names service and operation in the path", arguments: ["", "/some/prefix"])
    func rpcV2(prefix: String) throws {
        let path = "\(prefix)/service/AmazonSQS/operation/"
        let found = answer(of: router(), to: rpc(path + "Echo", "bf6954696d657374616d70c11a65883cadff"))
        #expect(found?.status == 200)
        #expect(found?.header("content-type") == "application/cbor")
        #expect(found?.header("smithy-protocol") == "rpc-v2-cbor")
        #expect(Hex.encode(found?.body.joined ?? []) == "bf6954696d657374616d70c11a65883cadff")
        let empty = answer(of: router(), to: rpc(path + "Nothing", ""))
        #expect(Hex.encode(empty?.body.joined ?? []) == "a0")
        // No body is an input without members.
        #expect(try text(answer(of: router(), to: rpc(path + "Echo", ""))) == "{}")
        let missing = answer(of: router(), to: rpc(path + "Else", "a0"))
        #expect(missing?.status == 501)
        #expect(missing?.header("x-amzn-query-error") == "UnsupportedOperation;Sender")
        #expect(missing?.header("smithy-protocol") == "rpc-v2-cbor")
        #expect(try text(missing).contains("com.amazonaws.sqs#UnsupportedOperation"))
    }

    @Test(
        "What RPC v2 does not serve is not found, in CBOR",
        arguments: [
            ("/service/Other/operation/Echo", "rpc-v2-cbor"),
            ("/service/AmazonSQS/operation/Echo", "rpc-v2-json"),
            ("/", "rpc-v2-cbor"), ("/service/AmazonSQS", "rpc-v2-cbor"),
        ])
    func notFound(path: String, name: String) throws {
        let found = answer(of: router(), to: rpc(path, "a0", protocol: name))
        #expect(found?.status == 404)
        #expect(try text(found).contains("UnknownOperationException"))
    }

    @Test("Pieces of an event stream are in CBOR as well")
    func events() throws {
        let found = answer(of: router(), to: amazon("Events", "a0"))
        #expect(try text(found) == #"{"a":"bf64446174614178ff application/cbor"}"#)
        let json = HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("X-Amz-Target", "Kinesis_20131202.Events")]), body: Array("{}".utf8))
        #expect(answer(of: router(), to: json)?.text.hasSuffix("application/json\"}") == true)
    }
}
