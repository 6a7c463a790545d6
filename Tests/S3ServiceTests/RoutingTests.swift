import HTTP
import Testing
import WireTesting

@Suite("Which requests are S3's")
struct RoutingTests {
    private static func unsigned(
        _ method: String, _ target: String, _ headers: [(String, String)] = []
    ) -> HTTPRequest {
        HTTPRequest(method: method, target: target, headers: HeaderFields(headers))
    }

    @Test("A signature for S3 wins over another service's path")
    func signature() throws {
        let world = try S3World(buckets: ["2015-03-31"])
        _ = try world.send("PUT", "/2015-03-31/functions", body: "an object")
        #expect(try world.send("GET", "/2015-03-31/functions").bodyText == "an object")
    }

    @Test("Without a signature another service's path stays its own")
    func otherPath() throws {
        let world = try S3World(buckets: ["2015-03-31"])
        _ = try world.send("PUT", "/2015-03-31/functions", body: "an object")
        #expect(try world.wire.send(Self.unsigned("GET", "/2015-03-31/functions")).bodyText == "{}")
        let headers = [("x-amz-invocation-type", "Event")]
        #expect(try world.wire.send(Self.unsigned("GET", "/2015-03-31/functions", headers)).bodyText == "{}")
    }

    @Test("A signature for another service is never S3's")
    func otherSignature() throws {
        let world = try S3World()
        let scope = "AWS4-HMAC-SHA256 Credential=a/20240703/us-east-1/sqs/aws4_request"
        let response = try world.wire.send(Self.unsigned("GET", "/things", [("authorization", scope)]))
        #expect(response.status == 404)
        #expect(response.header("content-type") != "application/xml")
    }

    @Test("Without a signature a bucket that is there is known by its name")
    func name() throws {
        let world = try S3World()
        try world.put(["k"])
        #expect(try world.wire.send(Self.unsigned("GET", "/things/k")).bodyText == "k")
        #expect(
            try world.wire.send(Self.unsigned("GET", "/nothing/k")).header("content-type")
                != "application/xml")
    }

    @Test(
        "A bucket is known in the host",
        arguments: [
            "things.localhost:4566", "things.s3.localhost", "things.s3.us-east-1.amazonaws.com",
            "things.s3-a.b",
        ])
    func host(_ host: String) throws {
        let world = try S3World()
        try world.put(["a/b"])
        #expect(try world.wire.send(Self.unsigned("GET", "/a/b", [("host", host)])).bodyText == "a/b")
    }
}
