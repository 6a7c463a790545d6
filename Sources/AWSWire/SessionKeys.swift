import ByteCoding
import Digest
package import EventModel
package import HTTP

/// A session that STS has begun: who its caller is, and until when.
package struct TemporarySession: Equatable, Sendable {
    /// Begins with `ASIA`.
    package let accessKeyID: String
    /// `arn:aws:sts::000000000000:assumed-role/Role/session`.
    package let arn: String
    /// `AROA…:session` for a role.
    package let userID: String
    package let expiresAt: Timestamp

    package init(accessKeyID: String, arn: String, userID: String, expiresAt: Timestamp) {
        self.accessKeyID = accessKeyID
        self.arn = arn
        self.userID = userID
        self.expiresAt = expiresAt
    }

    package var isRole: Bool { arn.contains(":assumed-role/") }
}

/// Makes and checks temporary credentials without keeping any.
///
/// The session token carries the session and a digest of it under a key that only the data directory knows; the secret
/// access key is derived from that key and the access key's ID. So credentials outlive a restart, nothing is written
/// for them, and they end when their token says so.
package struct SessionKeys: Sendable {
    private let key: [UInt8]

    /// - Parameter key: 32 secret bytes, the same for the life of a data directory.
    package init(key: [UInt8]) {
        precondition(key.count >= 32, "the key of temporary credentials has 32 bytes")
        self.key = key
    }

    /// 40 characters.
    package func secretAccessKey(of accessKeyID: String) -> String {
        let digest = HMACSHA256.authenticate(key: key, message: Array("secret\n\(accessKeyID)".utf8))
        return String(Base64.encode(digest).prefix(40))
    }

    /// The text that clients send as `X-Amz-Security-Token`.
    package func token(of session: TemporarySession) -> String {
        let facts = JSONValue.object(
            JSONObject([
                ("key", .string(session.accessKeyID)), ("arn", .string(session.arn)),
                ("user", .string(session.userID)),
                ("expires", .number(String(session.expiresAt.millisecondsSinceEpoch))),
            ])
        ).bytes
        return Base64.encode(digest(of: facts) + facts)
    }

    /// `nil` when the token was not made here, or not for that access key.
    package func session(of accessKeyID: String, token: String) -> TemporarySession? {
        guard let bytes = Base64.decode(token), bytes.count > SHA256.byteCount else { return nil }
        let facts = Array(bytes[SHA256.byteCount...])
        guard SignatureVerifier.isEqual(Array(bytes[..<SHA256.byteCount]), digest(of: facts)) else {
            return nil
        }
        // What carries our digest is what we wrote; a text that still does not parse is no session.
        guard let json = try? JSONValue(parsing: facts), json["key"]?.stringValue == accessKeyID,
            let arn = json["arn"]?.stringValue, let user = json["user"]?.stringValue,
            let expires = json["expires"]?.intValue
        else { return nil }
        return TemporarySession(
            accessKeyID: accessKeyID, arn: arn, userID: user,
            expiresAt: Timestamp(millisecondsSinceEpoch: Int64(expires)))
    }

    /// The session whose credentials a request names; its signature is not looked at. `nil` for all other requests.
    package func session(of request: HTTPRequest) -> TemporarySession? {
        // A request without a readable signature has no session, whatever is wrong with it.
        guard let signed = try? SignedRequest(request), let token = signed.sessionToken else { return nil }
        return session(of: signed.scope.accessKeyID, token: token)
    }

    private func digest(of facts: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(key: key, message: Array("token\n".utf8) + facts)
    }
}
