import AWSWire
import EventModel
import HTTP
import Testing

@Suite("Who calls and from where")
struct CallerTests {
    private let keys = SessionKeys(key: Array(repeating: 7, count: 32))

    private func router() -> ServiceRouter {
        var router = ServiceRouter(sessions: keys, makeRequestID: { "request-1" })
        router.register(jsonTarget: "AmazonSQS", of: .sqs) { call in
            call.succeed(json: Array("\(call.location.account) \(call.location.region)".utf8))
        }
        return router
    }

    private func location(_ headers: [(String, String)], target: String = "/") -> String? {
        answer(
            of: router(),
            to: HTTPRequest(
                method: "POST", target: target,
                headers: HeaderFields([("X-Amz-Target", "AmazonSQS.ListQueues")] + headers)))?.text
    }

    private func authorization(_ accessKey: String, _ region: String = "eu-west-1") -> (String, String) {
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(accessKey)/20240131/\(region)/sqs/aws4_request, SignedHeaders=host, "
                + "Signature=0"
        )
    }

    @Test(
        "An access key of twelve digits is an account, every other one is the default account's",
        arguments: [
            ("111122223333", "111122223333"), ("test", "000000000000"), ("11112222333", "000000000000"),
            ("11112222333a", "000000000000"), ("1111222233334", "000000000000"),
            ("AKIAIOSFODNN7EXAMPLE", "000000000000"),
        ])
    func accessKey(key: String, account: String) {
        #expect(location([authorization(key)]) == "\(account) eu-west-1")
        let credential = "\(key)%2F20240131%2Feu-west-1%2Fsqs%2Faws4_request"
        #expect(location([], target: "/?X-Amz-Credential=\(credential)") == "\(account) eu-west-1")
    }

    @Test(
        "Without a signature the host may name a region",
        arguments: [
            ("sqs.eu-central-1.amazonaws.com", "eu-central-1"), ("ap-south-1.queue.localhost", "ap-south-1"),
            ("sqs.us-gov-west-1.localhost:4566", "us-gov-west-1"), ("localhost:4566", "us-east-1"),
            ("my-host-1.local", "us-east-1"), ("127.0.0.1:4566", "us-east-1"),
            ("a-b-1.example", "us-east-1"),
        ])
    func host(host: String, region: String) {
        #expect(location([("Host", host)]) == "000000000000 \(region)")
    }

    @Test("Temporary credentials belong to the account of their session")
    func session() {
        let session = TemporarySession(
            accessKeyID: "ASIA0000000000000001", arn: "arn:aws:sts::444455556666:assumed-role/Role/me",
            userID: "AROA0:me", expiresAt: Timestamp(millisecondsSinceEpoch: 1_000))
        let signature = authorization(session.accessKeyID)
        let headers = [
            signature, ("X-Amz-Date", "20240131T000000Z"), ("Host", "localhost"),
            ("X-Amz-Security-Token", keys.token(of: session)),
        ]
        #expect(location(headers) == "444455556666 eu-west-1")
        #expect(location([signature, ("X-Amz-Security-Token", "made up")]) == "000000000000 eu-west-1")
    }
}
