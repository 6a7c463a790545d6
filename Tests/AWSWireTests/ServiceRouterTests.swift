import AWSWire
import ByteCoding
import EventModel
import HTTP
import Testing

@Suite("Requests find their service")
struct ServiceRouterTests {
    private static let echo: ServiceRouter.Handler = { call in
        var json = JSONWriter()
        json.beginObject()
        json.key("operation")
        json.value(call.operation)
        json.key("region")
        json.value(call.location.region)
        for (name, value) in call.pathParameters.sorted(by: { $0.key < $1.key }) {
            json.key(escaping: name)
            json.value(value)
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    private func router() -> ServiceRouter {
        var router = ServiceRouter(makeRequestID: { "request-1" })
        router.register(jsonTarget: "AmazonSQS", of: .sqs) { call in
            if call.operation == "Missing" { call.failUnknownOperation() } else { Self.echo(call) }
        }
        router.register(
            rest: "GET", "/2015-03-31/event-source-mappings/{UUID}", operation: "Get", of: .lambda, Self.echo)
        router.register(
            rest: "GET", "/2015-03-31/event-source-mappings", operation: "List", of: .lambda, Self.echo)
        router.register(rest: "GET", "/2017-03-31/tags/{ARN+}", operation: "Tags", of: .lambda, Self.echo)
        router.register(queryVersion: "2011-06-15", of: .sts, Self.echo)
        router.register(path: "/healthz") { _, responder in responder.respond(HTTPResponse(status: 200)) }
        router.register(path: "/_millrace/*") { _, responder in responder.respond(HTTPResponse(status: 201)) }
        return router
    }

    private func request(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], _ body: String = ""
    ) -> HTTPRequest {
        HTTPRequest(
            method: method, target: target, headers: HeaderFields(headers), body: Array(body.utf8))
    }

    @Test(
        "A target header names service and operation, whatever the path", arguments: ["/", "/000000000000/q"])
    func target(path: String) {
        let scope = "AWS4-HMAC-SHA256 Credential=A/20240131/eu-west-1/sqs/aws4_request, SignedHeaders=host"
        let found = answer(
            of: router(),
            to: request(
                "POST", path, [("X-Amz-Target", "AmazonSQS.SendMessage"), ("Authorization", scope)], "{}"))
        #expect(found?.text == #"{"operation":"SendMessage","region":"eu-west-1"}"#)
        #expect(found?.header("x-amzn-requestid") == "request-1")
        #expect(found?.header("content-type") == "application/x-amz-json-1.0")
    }

    @Test("An operation that is not there answers 501 in the service's form and names itself")
    func unknownOperation() {
        let found = answer(
            of: router(), to: request("POST", "/", [("X-Amz-Target", "AmazonSQS.Missing")], "{}"))
        #expect(found?.status == 501)
        #expect(
            found?.text
                == #"{"__type":"com.amazonaws.sqs#UnsupportedOperation","#
                + #""message":"Millrace does not support the operation Missing of Amazon SQS yet."}"#)
        #expect(found?.header("x-amzn-query-error") == "UnsupportedOperation;Sender")
    }

    @Test("CBOR bodies and unknown targets are refused by name")
    func refused() {
        let cbor = answer(
            of: router(),
            to: request(
                "POST", "/",
                [("X-Amz-Target", "AmazonSQS.SendMessage"), ("Content-Type", "application/x-amz-cbor-1.1")]))
        #expect(cbor?.status == 501)
        #expect(cbor?.text.contains("CBOR") == true)
        let unknown = answer(of: router(), to: request("POST", "/", [("X-Amz-Target", "Firehose_2015.Put")]))
        #expect(unknown?.status == 501)
        #expect(unknown?.text.contains("Firehose_2015.Put") == true)
    }

    @Test(
        "A path finds its operation and its parameters",
        arguments: [
            ("/2015-03-31/event-source-mappings/", #"{"operation":"List","region":"us-east-1"}"#),
            ("/2015-03-31/event-source-mappings", #"{"operation":"List","region":"us-east-1"}"#),
            (
                "/2015-03-31/event-source-mappings/abc",
                #"{"operation":"Get","region":"us-east-1","UUID":"abc"}"#
            ),
            (
                "/2017-03-31/tags/arn%3Aaws:lambda:r:0:event-source-mapping/x",
                #"{"operation":"Tags","region":"us-east-1","ARN":"arn:aws:lambda:r:0:event-source-mapping/x"}"#
            ),
        ])
    func rest(path: String, expected: String) {
        #expect(answer(of: router(), to: request("GET", path))?.text == expected)
    }

    @Test("A known path with another method answers 405, an unknown one 404")
    func noRoute() {
        #expect(
            answer(of: router(), to: request("PATCH", "/2015-03-31/event-source-mappings"))?.status == 405)
        #expect(answer(of: router(), to: request("GET", "/nothing/here"))?.status == 404)
        #expect(answer(of: router(), to: request("POST", "/healthz"))?.status == 405)
    }

    @Test("The Query protocol is found in form and query string; a version that is not there is named")
    func query() {
        let form = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        let body = "Action=GetCallerIdentity&Version=2011-06-15"
        #expect(answer(of: router(), to: request("POST", "/", form, body))?.status == 200)
        #expect(answer(of: router(), to: request("GET", "/?\(body)"))?.status == 200)
        let unknown = answer(
            of: router(), to: request("POST", "/", form, "Action=SendMessage&Version=2012-11-05"))
        #expect(unknown?.status == 501)
        #expect(unknown?.text.contains("Version 2012-11-05 (action SendMessage)") == true)
        #expect(unknown?.text.hasPrefix("<ErrorResponse") == true)
    }

    @Test("Pages are found by path and by prefix")
    func pages() {
        #expect(answer(of: router(), to: request("GET", "/healthz?x=1"))?.status == 200)
        #expect(answer(of: router(), to: request("GET", "/_millrace/status"))?.status == 201)
    }
}
