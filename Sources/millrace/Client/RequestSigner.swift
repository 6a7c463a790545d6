import ByteCoding
import Digest
import EventModel

/// Signs requests as AWS's clients do (Signature Version 4), for daemons that check signatures.
struct RequestSigner {
    let accessKey: String
    let secretKey: String
    let region: String

    /// From the variables that AWS's own tools read; `test` where there is none.
    init(environment: [String: String]) {
        accessKey = environment["AWS_ACCESS_KEY_ID"] ?? "test"
        secretKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "test"
        region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? Limits.defaultRegion
    }

    /// The headers to send: those given, the date and the signature over them, `host` and the body.
    ///
    /// - Parameter path: Percent-encoded, without query.
    func signed(
        _ headers: [(String, String)], method: String, host: String, path: String, query: String = "",
        service: String,
        body: [UInt8], at now: Timestamp
    ) -> [(String, String)] {
        let date = String(now.iso8601Seconds.filter { $0 != "-" && $0 != ":" })
        var covered = headers.map { ($0.0.lowercased(), $0.1) } + [("host", host), ("x-amz-date", date)]
        covered.sort { $0.0 < $1.0 }
        let names = covered.map(\.0).joined(separator: ";")
        let canonical =
            [method, path, query].joined(separator: "\n") + "\n"
            + covered.map { "\($0.0):\($0.1)\n" }.joined() + "\n" + names + "\n"
            + Hex.encode(SHA256.hash(body))
        let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
        let text = ["AWS4-HMAC-SHA256", date, scope, Hex.encode(SHA256.hash(Array(canonical.utf8)))]
        var key = Array("AWS4\(secretKey)".utf8)
        for part in [String(date.prefix(8)), region, service, "aws4_request"] {
            key = HMACSHA256.authenticate(key: key, message: Array(part.utf8))
        }
        let signature = HMACSHA256.authenticate(key: key, message: Array(text.joined(separator: "\n").utf8))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(Hex.encode(signature))"
        return headers + [("X-Amz-Date", date), ("Authorization", authorization)]
    }
}
