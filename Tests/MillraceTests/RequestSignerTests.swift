import AWSWire
import EventModel
import HTTP
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("Signatures of the command line")
struct RequestSignerTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

    private func verify(secret: String, path: String = "/", query: String = "", body: [UInt8]) throws {
        let signer = RequestSigner(environment: [
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-west-1",
        ])
        let headers = signer.signed(
            [
                ("X-Amz-Target", "Kinesis_20131202.PutRecords"),
                ("Content-Type", "application/x-amz-json-1.1"),
            ],
            method: "POST", host: "127.0.0.1:4566", path: path, query: query, service: "kinesis", body: body,
            at: Self.now)
        let request = HTTPRequest(
            method: "POST", target: query.isEmpty ? path : path + "?" + query,
            headers: HeaderFields(headers + [("Host", "127.0.0.1:4566")]), body: body)
        let verifier = SignatureVerifier(
            credentials: Credentials(accessKeyID: "key", secretAccessKey: "secret")
        ) { Self.now }
        _ = try verifier.verify(request, for: .kinesis)
    }

    @Test("The daemon accepts them, with and without query and body")
    func accepted() throws {
        try verify(secret: "secret", body: Array(#"{"StreamName":"s"}"#.utf8))
        try verify(secret: "secret", path: "/_millrace/lag", query: "limit=5&mapping=a", body: [])
    }

    @Test("The daemon refuses those of another secret")
    func refused() {
        #expect(throws: AWSError.self) { try verify(secret: "other", body: []) }
    }
}
