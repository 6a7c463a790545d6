import AWSWire
import ByteCoding
import CZLib
import HTTP
import Testing

@Suite("Compressed requests")
struct GzipBodyTests {
    private let router: ServiceRouter = {
        var router = ServiceRouter(makeRequestID: { "request-1" })
        router.register(jsonTarget: "AmazonSQS", of: .sqs) { $0.succeed(json: $0.body) }
        router.register(queryVersion: "1", of: .sts) { call in
            call.succeed(body: .bytes(Array((call.parameters["Text"] ?? "none").utf8)))
        }
        router.register(rest: "PUT", "/object", operation: "Put", of: .lambda) { $0.succeed(json: $0.body) }
        return router
    }()

    /// As SDKs compress.
    private static func gzip(_ plain: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = plain
        let room = Int(deflateBound(&stream, UInt(plain.count)))
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(room)
                deflate(&stream, Z_FINISH)
            }
            count = room - Int(stream.avail_out)
        }
    }

    private func json(_ body: [UInt8], encoding: String = "gzip") -> HTTPResponse? {
        answer(
            of: router,
            to: HTTPRequest(
                method: "POST", target: "/",
                headers: HeaderFields([("X-Amz-Target", "AmazonSQS.A"), ("Content-Encoding", encoding)]),
                body: body))
    }

    @Test("A handler sees the plain body, however large within the limit")
    func plain() {
        for count in [1, 70_000, 16_777_216] {
            let plain = [UInt8](repeating: UInt8(ascii: "7"), count: count)
            let found = json(Self.gzip(plain), encoding: count == 1 ? "GZIP" : "gzip")
            #expect(found?.status == 200)
            #expect(found?.body.joined == plain)
        }
        #expect(json(Array("{}".utf8), encoding: "identity")?.body.joined == Array("{}".utf8))
    }

    @Test("What is too large when it is plain, cut off, or no gzip at all is refused")
    func broken() {
        let bomb = Self.gzip([UInt8](repeating: 0, count: 16_777_217))
        #expect(bomb.count < 20_000)
        let good = Self.gzip(Array("{}".utf8))
        for body in [bomb, Array(good.dropLast()), good + [0], Array("{}".utf8)] {
            let found = json(body)
            #expect(found?.status == 400)
            #expect(found?.text.contains("SerializationException") == true)
        }
    }

    @Test("A form may be compressed; an object that is stored stays as it came")
    func others() {
        let form = answer(
            of: router,
            to: HTTPRequest(
                method: "POST", target: "/",
                headers: HeaderFields([
                    ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Encoding", "gzip"),
                ]), body: Self.gzip(Array("Action=A&Version=1&Text=b+c".utf8))))
        #expect(form?.body.joined == Array("b c".utf8))
        let stored = Self.gzip(Array("{}".utf8))
        let found = answer(
            of: router,
            to: HTTPRequest(
                method: "PUT", target: "/object", headers: HeaderFields([("Content-Encoding", "gzip")]),
                body: stored))
        #expect(found?.body.joined == stored)
    }
}
