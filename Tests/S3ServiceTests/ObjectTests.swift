import ByteCoding
import EventModel
import HTTP
import Testing
import WireTesting

@testable import S3Service

@Suite("Objects of S3")
struct ObjectTests {
    @Test("Digests are those of the standards' check values")
    func digests() {
        let content = Array("123456789".utf8)
        #expect(Hex.encode(ChecksumAlgorithm.crc32.digest(content)) == "cbf43926")
        #expect(Hex.encode(ChecksumAlgorithm.crc32c.digest(content)) == "e3069283")
        #expect(Hex.encode(ChecksumAlgorithm.crc64nvme.digest(content)) == "ae8b14860a799888")
        #expect(
            Hex.encode(ChecksumAlgorithm.sha1.digest(content)) == "f7c3bc1d808e04732adf679965ccc34ca7ae3441")
    }

    @Test("A replaced or deleted object leaves no file behind")
    func files() throws {
        let world = try S3World()
        #expect(world.files == [])
        try world.put(["k"])
        let first = world.files
        #expect(first.count == 1)
        #expect(first.allSatisfy { !$0.contains("k") })
        try world.put(["k"])
        #expect(world.files.count == 1)
        #expect(world.files != first)
        _ = try world.send("DELETE", "/things/k")
        #expect(world.files == [])
    }

    @Test("A write that is refused leaves no file behind")
    func refused() throws {
        let world = try S3World()
        try world.put(["k"])
        let before = world.files
        let response = try world.send("PUT", "/things/k", [("if-none-match", "*")], body: "other")
        #expect(response.status == 412)
        #expect(world.files == before)
        #expect(try world.send("GET", "/things/k").bodyText == "k")
    }

    @Test("A copy lives on when its source goes")
    func copy() throws {
        let world = try S3World()
        try world.put(["from"])
        _ = try world.send("PUT", "/things/to", [("x-amz-copy-source", "/things/from")])
        #expect(world.files.count == 2)
        _ = try world.send("DELETE", "/things/from")
        #expect(world.files.count == 1)
        #expect(try world.send("GET", "/things/to").bodyText == "from")
    }

    @Test("Parts that no object takes go with their upload")
    func parts() throws {
        let world = try S3World()
        let id = try #require(try world.send("POST", "/things/k?uploads").element("UploadId"))
        for number in 1...3 {
            _ = try world.send("PUT", "/things/k?partNumber=\(number)&uploadId=\(id)", body: "part \(number)")
        }
        let etag = try #require(
            try world.send("PUT", "/things/k?partNumber=2&uploadId=\(id)", body: "last").header("etag"))
        #expect(world.files.count == 3)
        let body =
            "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>\(etag)</ETag></Part></CompleteMultipartUpload>"
        #expect(try world.send("POST", "/things/k?uploadId=\(id)", body: body).status == 200)
        #expect(world.files.count == 1)
        #expect(try world.send("GET", "/things/k").bodyText == "last")
        _ = try world.send("DELETE", "/things/k")
        let second = try #require(try world.send("POST", "/things/k?uploads").element("UploadId"))
        _ = try world.send("PUT", "/things/k?partNumber=1&uploadId=\(second)", body: "part")
        #expect(try world.send("DELETE", "/things").status == 204)
        #expect(world.files == [])
    }

    @Test("A digest over all parts is that of the whole")
    func wholeDigest() throws {
        let world = try S3World()
        let begun = try world.send(
            "POST", "/things/k?uploads", [("x-amz-checksum-algorithm", "CRC64NVME")])
        #expect(begun.header("x-amz-checksum-type") == "FULL_OBJECT")
        let id = try #require(begun.element("UploadId"))
        let large = [UInt8](repeating: 7, count: 5 * 1_024 * 1_024)
        let first = try world.send("PUT", "/things/k?partNumber=1&uploadId=\(id)", bytes: large)
        let second = try world.send("PUT", "/things/k?partNumber=2&uploadId=\(id)", body: "end")
        var body = "<CompleteMultipartUpload>"
        for (number, part) in [(1, first), (2, second)] {
            body += "<Part><PartNumber>\(number)</PartNumber><ETag>\(part.header("etag") ?? "")</ETag></Part>"
        }
        let done = try world.send(
            "POST", "/things/k?uploadId=\(id)", body: body + "</CompleteMultipartUpload>")
        #expect(
            done.element("ChecksumCRC64NVME") == ChecksumAlgorithm.crc64nvme.text(large + Array("end".utf8)))
    }

    @Test(
        "Ranges are those of RFC 9110",
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=3-", 3..<10), ("bytes=-3", 7..<10), ("bytes=-30", 0..<10),
            ("bytes=8-20", 8..<10), ("bytes=5-4", nil), ("bytes=a-b", nil), ("items=0-1", nil),
            ("bytes=0-1,3-4", nil), ("bytes=-", nil),
        ] as [(String, Range<Int>?)])
    func ranges(header: String, expected: Range<Int>?) throws {
        #expect(try ByteRange(header, of: 10) == expected.map { .part($0) } ?? .whole)
    }

    @Test(
        "Names of buckets follow S3's rules",
        arguments: [
            ("abc", true), ("a-b.c", true), ("ab", false), ("a..b", false), ("Abc", false), ("-abc", false),
            ("192.168.5.4", false), ("xn--abc", false), ("abc-s3alias", false), ("_millrace", false),
            (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
        ])
    func names(name: String, isValid: Bool) {
        #expect(BucketName.isValid(name) == isValid)
    }
}
