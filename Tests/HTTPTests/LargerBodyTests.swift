import Testing

// The parser is no part of the module's interface; see RequestParserTests.
@testable import HTTP

@Suite("Bounds of bodies")
struct LargerBodyTests {
    @Test(
        "A path may have a bound of its own, and the next request on the connection has the usual one",
        arguments: [
            ("/upload/x", 11, true), ("/upload/x", 21, false), ("/other", 10, true), ("/other", 11, false),
        ])
    func bounds(target: String, length: Int, isTaken: Bool) throws {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 10
        limits.largerBodies = [HTTPLimits.LargerBody(targetPrefix: "/upload", bytesMax: 20)]
        var parser = RequestParser(limits: limits)
        let first = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n01234567890123456789"
        #expect(try read(first, &parser) == 20)
        let body = String(repeating: "x", count: length)
        let plain = "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n\(body)"
        let hexadecimal = String(length, radix: 16)
        let chunked =
            "POST \(target) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(hexadecimal)\r\n\(body)\r\n0\r\n\r\n"
        for request in [plain, chunked] {
            var copy = parser
            if isTaken {
                #expect(try read(request, &copy) == length)
            } else {
                #expect(throws: RequestError.self) { try read(request, &copy) }
            }
        }
    }

    private func read(_ text: String, _ parser: inout RequestParser) throws -> Int? {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { try parser.consume($0).message?.body.count }
    }
}
