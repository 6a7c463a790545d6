import AWSWire
import EventModel
import HTTP
import Testing

/// The requests and signatures are the examples of the S3 API reference, "Authenticating requests".
@Suite("Signatures for S3")
struct StorageSignatureTests {
    private static let scope = "20130524/us-east-1/s3/aws4_request"

    private func failure(
        _ request: HTTPRequest, at moment: Timestamp = Timestamp(millisecondsSinceEpoch: 1_369_353_600_000)
    ) -> AWSError? {
        let verifier = SignatureVerifier(
            credentials: Credentials(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            now: { moment })
        do throws(AWSError) {
            _ = try verifier.verify(request, for: .s3)
            return nil
        } catch {
            return error
        }
    }

    private func request(
        _ method: String, _ target: String, _ headers: [(String, String)], signed: String, signature: String,
        body: [UInt8] = []
    ) -> HTTPRequest {
        let authorization =
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/\(Self.scope),SignedHeaders=\(signed),"
            + "Signature=\(signature)"
        return HTTPRequest(
            method: method, target: target,
            headers: HeaderFields(
                headers + [("x-amz-date", "20130524T000000Z"), ("Authorization", authorization)]),
            body: body)
    }

    @Test("A path is escaped once")
    func path() {
        let headers = [
            ("Host", "examplebucket.s3.amazonaws.com"), ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
            ),
        ]
        let put = request(
            "PUT", "/test%24file.text", headers,
            signed: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            body: Array("Welcome to Amazon S3.".utf8))
        #expect(failure(put) == nil)
        let other = request(
            "PUT", "/test%24file.txt", headers,
            signed: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            body: Array("Welcome to Amazon S3.".utf8))
        #expect(failure(other)?.shape == "SignatureDoesNotMatch")
    }

    private func presigned(_ signature: String) -> HTTPRequest {
        HTTPRequest(
            method: "GET",
            target:
                "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
                + "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
                + "&X-Amz-SignedHeaders=host&X-Amz-Signature=\(signature)",
            headers: HeaderFields([("Host", "examplebucket.s3.amazonaws.com")]))
    }

    @Test("A presigned URL leaves the body unsigned, and ends with its time")
    func url() {
        let right = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        #expect(failure(presigned(right)) == nil)
        #expect(failure(presigned(String(right.reversed())))?.shape == "SignatureDoesNotMatch")
        let late = failure(presigned(right), at: Timestamp(millisecondsSinceEpoch: 1_369_440_001_000))
        #expect(late?.shape == "AccessDenied")
        #expect(late?.message == "Request has expired")
    }

    private func chunked(_ last: String, first: UInt8 = UInt8(ascii: "a")) -> HTTPRequest {
        var body = Array(
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n".utf8)
        body += [first] + [UInt8](repeating: UInt8(ascii: "a"), count: 65_535)
        body += Array(
            "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
                .utf8)
        body += [UInt8](repeating: UInt8(ascii: "a"), count: 1_024)
        body += Array("\r\n0;chunk-signature=\(last)\r\n\r\n".utf8)
        return request(
            "PUT", "/examplebucket/chunkObject.txt",
            [
                ("Host", "s3.amazonaws.com"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
                ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"),
                ("Content-Length", "66824"),
            ],
            signed: "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                + "x-amz-decoded-content-length;x-amz-storage-class",
            signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", body: body)
    }

    @Test("Every chunk of a body has its signature")
    func chunks() {
        let last = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
        #expect(failure(chunked(last)) == nil)
        #expect(failure(chunked(String(last.reversed())))?.shape == "SignatureDoesNotMatch")
        #expect(failure(chunked(last, first: UInt8(ascii: "b")))?.shape == "SignatureDoesNotMatch")
    }

    @Test("A missing signature and one of an older version are told in S3's words")
    func others() {
        #expect(failure(HTTPRequest(method: "GET", target: "/b/k"))?.shape == "AccessDenied")
        let old = HTTPRequest(method: "GET", target: "/b/k?AWSAccessKeyId=a&Signature=b&Expires=9999999999")
        #expect(failure(old)?.message.contains("AWS4-HMAC-SHA256") == true)
    }

    @Test("Chunks come apart, with trailers and without")
    func form() throws {
        let body = Array(
            "3\r\nabc\r\n2;chunk-signature=f\r\nde\r\n0\r\nx-amz-checksum-crc32: AAA=\r\n\r\n".utf8)
        let content = try #require(ChunkedContent(body))
        #expect(content.content(of: body) == Array("abcde".utf8))
        #expect(content.chunks.map(\.signature) == [nil, "f", nil])
        #expect(content.trailers.map(\.name) == ["x-amz-checksum-crc32"])
        #expect(content.trailers.map(\.value) == ["AAA="])
        for broken in [
            "", "3\r\nab", "z\r\nabc\r\n0\r\n", "3\r\nabcd\r\n0\r\n", "3\r\nabc\r\n", "0\r\nnonsense\r\n",
        ] {
            #expect(ChunkedContent(Array(broken.utf8)) == nil, "\(broken)")
        }
    }
}
