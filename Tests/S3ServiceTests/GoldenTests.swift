import Foundation
import HTTP
import Testing
import WireTesting

/// One exchange, with what comes before it.
struct Exchange: CustomTestStringConvertible, Sendable {
    let action: String
    let name: String
    let before: [HTTPRequest]
    let request: HTTPRequest

    init(_ action: String, _ name: String, before: [HTTPRequest] = [], _ request: HTTPRequest) {
        self.action = action
        self.name = name
        self.before = before
        self.request = request
    }

    var testDescription: String { "\(action)/\(name)" }
}

@Suite("S3 on the wire")
struct GoldenTests {
    @Test("An exchange goes as recorded", arguments: Exchange.all)
    func golden(exchange: Exchange) throws {
        let world = try S3World()
        for request in exchange.before { _ = try world.wire.send(request) }
        let response = try world.wire.send(exchange.request)
        let difference = try Golden(beside: #filePath).difference(
            exchange.action, exchange.name, exchange.request, response)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("Every operation has an exchange that succeeds and one that fails")
    func complete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        // Reading all buckets fails for nobody; a bucket is never half there.
        let unfailing: Set<String> = ["ListBuckets", "Other"]
        for action in Set(Exchange.all.map(\.action)) {
            let files = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: action).path)
            let statuses = try files.map { file in
                let text = try String(
                    contentsOf: folder.appending(path: "\(action)/\(file)"), encoding: .utf8)
                return text.split(separator: "\n").compactMap { Int($0) }.first ?? 0
            }
            #expect(action == "Other" || statuses.contains { $0 < 300 }, "\(action) never succeeds")
            #expect(unfailing.contains(action) || statuses.contains { $0 >= 300 }, "\(action) never fails")
        }
    }
}

/// Short forms for the table.
private func send(
    _ method: String, _ target: String, _ headers: [(String, String)] = [], body: String = ""
) -> HTTPRequest {
    S3World.request(method, target, headers, body: Array(body.utf8))
}

/// The first ID that the world's source makes.
private let uploadID = "0acc9c1754584409838d5a00dec08c50"

extension Exchange {
    static let all: [Exchange] = buckets + objects + copies + listings + uploads + others

    private static let buckets: [Exchange] = [
        Exchange("ListBuckets", "two", before: [send("PUT", "/other")], send("GET", "/")),
        Exchange("ListBuckets", "page", before: [send("PUT", "/other")], send("GET", "/?max-buckets=1")),
        Exchange("CreateBucket", "plain", send("PUT", "/new-bucket")),
        Exchange("CreateBucket", "again", send("PUT", "/things")),
        Exchange(
            "CreateBucket", "other-region",
            send(
                "PUT", "/new-bucket",
                body: "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
                    + "</CreateBucketConfiguration>")),
        Exchange("CreateBucket", "bad-name", send("PUT", "/Bad_Name")),
        Exchange("CreateBucket", "bad-xml", send("PUT", "/new-bucket", body: "<Create")),
        Exchange(
            "CreateBucket", "entities",
            send("PUT", "/new-bucket", body: "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")
        ),
        Exchange("HeadBucket", "there", send("HEAD", "/things")),
        Exchange("HeadBucket", "missing", send("HEAD", "/nothing")),
        Exchange("DeleteBucket", "empty", send("DELETE", "/things")),
        Exchange(
            "DeleteBucket", "not-empty", before: [send("PUT", "/things/k", body: "x")],
            send("DELETE", "/things")),
        Exchange("DeleteBucket", "missing", send("DELETE", "/nothing")),
        Exchange("GetBucketLocation", "there", send("GET", "/things?location")),
        Exchange("GetBucketLocation", "missing", send("GET", "/nothing?location")),
        Exchange("GetBucketVersioning", "there", send("GET", "/things?versioning")),
        Exchange("GetBucketVersioning", "missing", send("GET", "/nothing?versioning")),
    ]

    private static let put = send(
        "PUT", "/things/a%20key/%C3%BC",
        [("Content-Type", "text/plain"), ("x-amz-meta-color", "blue"), ("x-amz-checksum-crc32", "DUoRhQ==")],
        body: "hello world")

    private static let objects: [Exchange] = [
        Exchange("PutObject", "plain", put),
        Exchange("PutObject", "no-bucket", send("PUT", "/nothing/k", body: "x")),
        Exchange(
            "PutObject", "bad-md5",
            send("PUT", "/things/k", [("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")], body: "x")),
        Exchange("PutObject", "no-md5", send("PUT", "/things/k", [("Content-MD5", "nonsense")], body: "x")),
        Exchange(
            "PutObject", "bad-checksum",
            send("PUT", "/things/k", [("x-amz-checksum-sha256", "AAAA")], body: "x")),
        Exchange(
            "PutObject", "bad-payload-digest",
            send("PUT", "/things/k", [("x-amz-content-sha256", String(repeating: "0", count: 64))], body: "x")
        ),
        Exchange(
            "PutObject", "already-there", before: [put],
            send("PUT", put.target, [("If-None-Match", "*")], body: "x")),
        Exchange(
            "PutObject", "unserved-header", send("PUT", "/things/k", [("x-amz-tagging", "a=b")], body: "x")),
        Exchange(
            "PutObject", "chunked",
            send(
                "PUT", "/things/k",
                [
                    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
                    ("x-amz-decoded-content-length", "11"), ("x-amz-trailer", "x-amz-checksum-crc32"),
                    ("Content-Encoding", "aws-chunked"),
                ], body: "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n")),
        Exchange(
            "PutObject", "chunked-short",
            send(
                "PUT", "/things/k",
                [
                    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
                    ("x-amz-decoded-content-length", "11"),
                ], body: "6\r\nhello \r\n5\r\nwor")),
        Exchange(
            "GetObject", "whole", before: [put], send("GET", put.target, [("x-amz-checksum-mode", "ENABLED")])
        ),
        Exchange("GetObject", "range", before: [put], send("GET", put.target, [("Range", "bytes=6-8")])),
        Exchange("GetObject", "bad-range", before: [put], send("GET", put.target, [("Range", "bytes=11-")])),
        Exchange("GetObject", "missing", send("GET", "/things/nothing")),
        Exchange(
            "GetObject", "not-modified", before: [put],
            send("GET", put.target, [("If-None-Match", "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")])),
        Exchange(
            "GetObject", "overrides", before: [put], send("GET", "\(put.target)?response-content-type=a%2Fb")),
        Exchange("HeadObject", "there", before: [put], send("HEAD", put.target)),
        Exchange("HeadObject", "missing", send("HEAD", "/things/nothing")),
        Exchange("DeleteObject", "there", before: [put], send("DELETE", put.target)),
        Exchange("DeleteObject", "missing", send("DELETE", "/things/nothing")),
        Exchange("DeleteObject", "no-bucket", send("DELETE", "/nothing/k")),
        Exchange(
            "DeleteObjects", "two", before: [put],
            send(
                "POST", "/things?delete",
                body:
                    "<Delete><Object><Key>a key/ü</Key></Object><Object><Key>x&amp;y</Key></Object></Delete>")
        ),
        Exchange(
            "DeleteObjects", "quiet", before: [put],
            send(
                "POST", "/things?delete",
                body: "<Delete><Object><Key>k</Key></Object><Quiet>true</Quiet></Delete>")),
        Exchange("DeleteObjects", "nothing", send("POST", "/things?delete", body: "<Delete></Delete>")),
        Exchange(
            "DeleteObjects", "version",
            send(
                "POST", "/things?delete",
                body: "<Delete><Object><Key>k</Key><VersionId>1</VersionId></Object></Delete>")),
    ]

    private static let copies: [Exchange] = [
        Exchange(
            "CopyObject", "plain", before: [put],
            send("PUT", "/things/copy", [("x-amz-copy-source", put.target)])),
        Exchange(
            "CopyObject", "onto-itself", before: [put],
            send("PUT", put.target, [("x-amz-copy-source", put.target)])),
        Exchange(
            "CopyObject", "missing", send("PUT", "/things/copy", [("x-amz-copy-source", "things/nothing")])),
        Exchange("CopyObject", "no-source", send("PUT", "/things/copy", [("x-amz-copy-source", "things")])),
        Exchange(
            "CopyObject", "condition", before: [put],
            send(
                "PUT", "/things/copy",
                [("x-amz-copy-source", put.target), ("x-amz-copy-source-if-match", "\"0\"")])),
    ]

    private static let keys: [HTTPRequest] = ["a", "b/1", "b/2", "c/1", "d"].map {
        send("PUT", "/things/\($0)", body: $0)
    }

    private static let listings: [Exchange] = [
        Exchange("ListObjectsV2", "plain", before: keys, send("GET", "/things?list-type=2&prefix=b")),
        Exchange(
            "ListObjectsV2", "groups", before: keys,
            send("GET", "/things?list-type=2&delimiter=%2F&max-keys=2")),
        Exchange(
            "ListObjectsV2", "encoded", before: [put],
            send("GET", "/things?list-type=2&encoding-type=url&fetch-owner=true&start-after=A")),
        Exchange("ListObjectsV2", "bad-token", send("GET", "/things?list-type=2&continuation-token=%21")),
        Exchange("ListObjectsV2", "no-bucket", send("GET", "/nothing?list-type=2")),
        Exchange("ListObjects", "plain", before: keys, send("GET", "/things?marker=b%2F1")),
        Exchange("ListObjects", "groups", before: keys, send("GET", "/things?delimiter=%2F&max-keys=2")),
        Exchange("ListObjects", "bad-number", send("GET", "/things?max-keys=many")),
    ]

    private static let begin = send("POST", "/things/large?uploads", [("x-amz-checksum-algorithm", "CRC32")])
    private static func part(_ number: Int, _ body: String) -> HTTPRequest {
        send("PUT", "/things/large?partNumber=\(number)&uploadId=\(uploadID)", body: body)
    }
    private static func complete(_ etag: String) -> HTTPRequest {
        send(
            "POST", "/things/large?uploadId=\(uploadID)",
            body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
                + "</CompleteMultipartUpload>")
    }

    private static let uploads: [Exchange] = [
        Exchange("CreateMultipartUpload", "plain", begin),
        Exchange("CreateMultipartUpload", "no-bucket", send("POST", "/nothing/k?uploads")),
        Exchange(
            "CreateMultipartUpload", "bad-type",
            send(
                "POST", "/things/k?uploads",
                [("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "FULL_OBJECT")])),
        Exchange("UploadPart", "plain", before: [begin], part(1, "part")),
        Exchange("UploadPart", "bad-number", before: [begin], part(0, "part")),
        Exchange("UploadPart", "no-upload", part(1, "part")),
        Exchange(
            "UploadPartCopy", "range", before: [put, begin],
            send(
                "PUT", "/things/large?partNumber=2&uploadId=\(uploadID)",
                [("x-amz-copy-source", put.target), ("x-amz-copy-source-range", "bytes=0-4")])),
        Exchange(
            "UploadPartCopy", "missing", before: [begin],
            send(
                "PUT", "/things/large?partNumber=2&uploadId=\(uploadID)",
                [("x-amz-copy-source", "things/nothing")])),
        Exchange(
            "CompleteMultipartUpload", "plain", before: [begin, part(1, "part")],
            complete("f4c9385f1902f7334b00b9b4ecd164de")),
        Exchange("CompleteMultipartUpload", "wrong-etag", before: [begin, part(1, "part")], complete("0")),
        Exchange("CompleteMultipartUpload", "no-upload", complete("0")),
        Exchange(
            "CompleteMultipartUpload", "no-parts", before: [begin],
            send("POST", "/things/large?uploadId=\(uploadID)", body: "<CompleteMultipartUpload/>")),
        Exchange(
            "AbortMultipartUpload", "plain", before: [begin, part(1, "part")],
            send("DELETE", "/things/large?uploadId=\(uploadID)")),
        Exchange("AbortMultipartUpload", "no-upload", send("DELETE", "/things/large?uploadId=\(uploadID)")),
        Exchange(
            "ListParts", "two", before: [begin, part(1, "one"), part(3, "three")],
            send("GET", "/things/large?uploadId=\(uploadID)")),
        Exchange(
            "ListParts", "page", before: [begin, part(1, "one"), part(3, "three")],
            send("GET", "/things/large?uploadId=\(uploadID)&max-parts=1")),
        Exchange("ListParts", "no-upload", send("GET", "/things/large?uploadId=\(uploadID)")),
        Exchange("ListMultipartUploads", "one", before: [begin], send("GET", "/things?uploads")),
        Exchange("ListMultipartUploads", "no-bucket", send("GET", "/nothing?uploads")),
        Exchange("ListMultipartUploads", "delimiter", send("GET", "/things?uploads&delimiter=%2F")),
    ]

    private static let others: [Exchange] = [
        Exchange("Other", "method", send("PATCH", "/things")),
        Exchange("Other", "unserved", send("PUT", "/things?policy", body: "{}")),
        Exchange("Other", "unserved-object", send("GET", "/things/k?tagging")),
        Exchange("Other", "form-upload", send("POST", "/things", body: "x")),
        Exchange("Other", "bad-uri", send("GET", "/things/%zz")),
        Exchange("Other", "long-key", send("GET", "/things/" + String(repeating: "k", count: 1_025))),
        Exchange(
            "Other", "other-owner", send("GET", "/things", [("x-amz-expected-bucket-owner", "111122223333")])),
        Exchange(
            "Other", "late",
            HTTPRequest(
                method: "GET",
                target: "/things/k?X-Amz-Credential=a%2F20240701%2Fus-east-1%2Fs3%2Faws4_request"
                    + "&X-Amz-Date=20240701T000000Z&X-Amz-Expires=60")),
    ]
}
