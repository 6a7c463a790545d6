import AWSWire
import EventModel
import HTTP
import Testing

/// The signatures were made by botocore for 2024-01-31T12:30:45Z.
@Suite("Signature Version 4")
struct SignatureVerifierTests {
    private static let signedAt = Timestamp(millisecondsSinceEpoch: 1_706_704_245_000)

    private func verifier(at moment: Timestamp = signedAt) -> SignatureVerifier {
        SignatureVerifier(
            credentials: Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            now: { moment })
    }

    private func createQueue(
        body: String = #"{"QueueName":"q"}"#, key: String = "AKIDEXAMPLE",
        signature: String = "a5afa1f75641446f76eec169d907d2f3ec76e812cc7bdd509870759a7fe7ecea"
    ) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([
                ("X-Amz-Target", "AmazonSQS.CreateQueue"), ("Content-Type", "application/x-amz-json-1.0"),
                ("Host", "127.0.0.1:4566"), ("X-Amz-Date", "20240131T123045Z"),
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=\(key)/20240131/eu-west-1/sqs/aws4_request, "
                        + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=\(signature)"
                ),
            ]), body: Array(body.utf8))
    }

    private static let presignedTarget =
        "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIDEXAMPLE%2F20240131%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20240131T123045Z"
        + "&X-Amz-Expires=300&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=4753da89fc3feaa4bfeb7f255f92bb4c3e4e1630a1304cc80c6462397f3b9433"

    private func presigned() -> HTTPRequest {
        HTTPRequest(
            method: "GET", target: Self.presignedTarget, headers: HeaderFields([("Host", "127.0.0.1:4566")]))
    }

    private func failure(
        _ request: HTTPRequest, _ service: WireService, at moment: Timestamp = signedAt
    ) -> AWSError? {
        do throws(AWSError) {
            _ = try verifier(at: moment).verify(request, for: service)
            return nil
        } catch {
            return error
        }
    }

    @Test("A right signature gives the region that it is for")
    func header() throws {
        #expect(try verifier().verify(createQueue(), for: .sqs) == "eu-west-1")
    }

    @Test("Escapes in the path, a query and spaces in headers are signed in their canonical form")
    func canonicalForm() throws {
        let request = HTTPRequest(
            method: "GET",
            target: "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A0%3Afunction%3Af?b=2&a=x%20y&a=%2F",
            headers: HeaderFields([
                ("Host", "127.0.0.1:4566"), ("X-Spaces", "  a   b "), ("X-Amz-Date", "20240131T123045Z"),
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240131/us-east-1/lambda/aws4_request, "
                        + "SignedHeaders=host;x-amz-date;x-spaces, "
                        + "Signature=038d0dfd23fa2a7abb71b3f88eec0e7aa0de5b8357be97cf0562701f236c48be"
                ),
            ]))
        #expect(try verifier().verify(request, for: .lambda) == "us-east-1")
    }

    @Test("A presigned URL is right until it expires")
    func presignedURL() throws {
        #expect(try verifier().verify(presigned(), for: .sts) == "us-east-1")
        #expect(failure(presigned(), .sts, at: Self.signedAt + .seconds(300)) == nil)
        let late = failure(presigned(), .sts, at: Self.signedAt + .seconds(301))
        #expect(late?.code == "SignatureDoesNotMatch")
        #expect(late?.message.hasPrefix("Signature expired: 20240131T123045Z is now earlier than") == true)
    }

    @Test("A changed body, signature or key is refused with AWS's words")
    func forged() {
        let wrong =
            "The request signature we calculated does not match the signature you provided. "
            + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        let changedBody = failure(createQueue(body: "{}"), .sqs)
        #expect(changedBody?.shape == "InvalidSignatureException")
        #expect(changedBody?.message == wrong)
        #expect(failure(createQueue(signature: String(repeating: "0", count: 64)), .sqs)?.message == wrong)
        let otherKey = failure(createQueue(key: "AKIDOTHER"), .sqs)
        #expect(otherKey?.shape == "UnrecognizedClientException")
        #expect(otherKey?.message == "The security token included in the request is invalid.")
    }

    @Test("A signature for another service is refused")
    func otherService() {
        #expect(
            failure(createQueue(), .kinesis)?.message
                == "Credential should be scoped to correct service: 'kinesis'.")
    }

    @Test("An unsigned request is refused in the service's own form")
    func unsigned() {
        let request = HTTPRequest(method: "POST", target: "/", body: [])
        #expect(failure(request, .kinesis)?.shape == "MissingAuthenticationTokenException")
        #expect(failure(request, .kinesis)?.status == 400)
        #expect(failure(request, .sts)?.shape == "MissingAuthenticationToken")
        #expect(failure(request, .sts)?.status == 403)
    }

    @Test("A signature is good for 15 minutes in both directions", arguments: [-901, -900, 900, 901])
    func age(seconds: Int) {
        let found = failure(createQueue(), .sqs, at: Self.signedAt + .seconds(seconds))
        #expect((found == nil) == (abs(seconds) <= 900))
    }
}
