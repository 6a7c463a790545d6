import CZLib
import HTTP

/// Request bodies that SDKs compress when they are large (`Content-Encoding: gzip`; of CloudWatch's `PutMetricData`).
enum GzipBody {
    /// Bytes that a compressed body may have when it is plain: as many as an uncompressed one (our own, 16 MiB).
    static let plainBytesMax = 16_777_216
    private static let chunkBytes = 65_536

    /// The request with a plain body.
    ///
    /// - Throws: `SerializationException` for a body that is not what its header says, or grows too large.
    static func plain(_ request: HTTPRequest) throws(AWSError) -> HTTPRequest {
        guard let encoding = request.headers["content-encoding"], encoding.lowercased() == "gzip",
            !request.body.isEmpty
        else { return request }
        guard let body = inflated(request.body) else {
            throw .serialization(
                "The body is not the gzip that its Content-Encoding says, or is larger than "
                    + "\(plainBytesMax) bytes.")
        }
        return request.with(body: body)
    }

    /// `nil` for bytes that are no gzip, for more than one, and for more than the limit.
    static func inflated(_ body: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        // 16 above the window's bits: a header of gzip and nothing else.
        guard
            inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { inflateEnd(&stream) }
        var input = body
        var plain: [UInt8] = []
        return input.withUnsafeMutableBufferPointer { input -> [UInt8]? in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            var result = Z_OK
            while result == Z_OK, plain.count <= plainBytesMax {
                let chunk = [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(chunkBytes)
                    result = inflate(&stream, Z_NO_FLUSH)
                    count = chunkBytes - Int(stream.avail_out)
                }
                plain += chunk
            }
            guard result == Z_STREAM_END, stream.avail_in == 0, plain.count <= plainBytesMax else {
                return nil
            }
            return plain
        }
    }
}
