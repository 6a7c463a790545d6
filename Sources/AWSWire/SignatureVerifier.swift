import ByteCoding
import Digest
package import EventModel
package import HTTP
import Synchronization

/// The one pair of keys that callers have to sign with.
package struct Credentials: Sendable {
    package let accessKeyID: String
    package let secretAccessKey: String

    package init(accessKeyID: String, secretAccessKey: String) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}

/// Checks Signature Version 4 in the `Authorization` header and in presigned URLs.
///
/// Source: IAM user guide, "AWS Signature Version 4 for API requests".
package final class SignatureVerifier: Sendable {
    /// How far the date of a signature may lie from now (IAM user guide: 5 minutes; AWS's services take 15).
    static let tolerance = Duration.seconds(900)
    /// Longest life of a presigned URL, in seconds (IAM user guide).
    static let longestPresignedSeconds = 604_800
    /// Signing keys kept: one for each access key, day, region and service in use.
    static let cachedKeys = 64

    private let credentials: Credentials
    private let sessions: SessionKeys?
    private let now: @Sendable () -> Timestamp
    private let signingKeys = Mutex<[String: [UInt8]]>([:])

    /// - Parameter sessions: Knows temporary credentials, which are accepted beside the pair until they expire.
    package init(
        credentials: Credentials, sessions: SessionKeys? = nil, now: @escaping @Sendable () -> Timestamp
    ) {
        self.credentials = credentials
        self.sessions = sessions
        self.now = now
    }

    /// Checks the signature of a request and returns the region that it is for.
    ///
    /// - Throws: AWS's errors for a missing, incomplete, expired or wrong signature, in the service's own form.
    package func verify(_ request: HTTPRequest, for service: WireService) throws(AWSError) -> String {
        do throws(SignatureFailure) {
            let signed = try SignedRequest(request)
            let secret = try secretAccessKey(for: signed)
            guard signed.scope.service == service.signingName else {
                throw .mismatch("Credential should be scoped to correct service: '\(service.signingName)'.")
            }
            try checkDate(of: signed)
            try checkPayload(of: signed, secret)
            let expected = HMACSHA256.authenticate(
                key: signingKey(for: signed.scope, secret), message: Array(signed.stringToSign.utf8))
            guard Self.isEqual(Array(Hex.encode(expected).utf8), Array(signed.signature.utf8)) else {
                throw .mismatch(SignatureFailure.mismatchText)
            }
            return signed.scope.region
        } catch {
            throw error.wireError(for: service)
        }
    }

    /// The secret of the pair, or of a session that has not expired.
    private func secretAccessKey(for signed: SignedRequest) throws(SignatureFailure) -> String {
        let accessKeyID = signed.scope.accessKeyID
        if accessKeyID == credentials.accessKeyID { return credentials.secretAccessKey }
        guard let sessions, let token = signed.sessionToken,
            let session = sessions.session(of: accessKeyID, token: token)
        else { throw .unknownKey }
        guard now() < session.expiresAt else { throw .expiredToken }
        return sessions.secretAccessKey(of: accessKeyID)
    }

    private func checkDate(of signed: SignedRequest) throws(SignatureFailure) {
        guard let date = signed.date.flatMap(SignatureDate.init) else {
            throw .incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        }
        guard date.text.hasPrefix(signed.scope.date) else {
            throw .mismatch(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(signed.scope.date)' != '\(date.text.prefix(8))', from '\(date.text)'.")
        }
        let now = now()
        let life = signed.lifetimeSeconds.map { Duration.seconds($0) } ?? Self.tolerance
        let nowText = SignatureDate.text(of: now)
        if date.moment + life < now {
            if signed.scope.service == SignedRequest.storage, signed.lifetimeSeconds != nil { throw .expired }
            throw .mismatch(
                "Signature expired: \(date.text) is now earlier than \(SignatureDate.text(of: now - life)) "
                    + "(\(nowText) - \(life.wholeMilliseconds / 60_000) min.)")
        }
        if date.moment - Self.tolerance > now {
            throw .mismatch(
                "Signature not yet current: \(date.text) is still later than "
                    + "\(SignatureDate.text(of: now + Self.tolerance)) (\(nowText) + 15 min.)")
        }
    }

    /// The signature covers the digest that the request names; the body must have that digest.
    private func checkPayload(of signed: SignedRequest, _ secret: String) throws(SignatureFailure) {
        guard signed.payloadDigest != SignedRequest.unsignedPayload else { return }
        if signed.scope.service == SignedRequest.storage, signed.payloadDigest.hasPrefix("STREAMING-") {
            return try checkChunks(of: signed, secret)
        }
        guard signed.payloadDigest == signed.bodyDigest else {
            throw .mismatch(SignatureFailure.mismatchText)
        }
    }

    func signingKey(for scope: CredentialScope, _ secret: String) -> [UInt8] {
        let name = "\(scope.accessKeyID)/\(scope.text)"
        return signingKeys.withLock { keys in
            if let key = keys[name] { return key }
            var key = Array("AWS4\(secret)".utf8)
            for part in [scope.date, scope.region, scope.service, "aws4_request"] {
                key = HMACSHA256.authenticate(key: key, message: Array(part.utf8))
            }
            if keys.count >= Self.cachedKeys { keys.removeAll() }
            keys[name] = key
            return key
        }
    }

    /// Takes as long for a wrong first byte as for a wrong last one.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
