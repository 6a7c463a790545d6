import AWSWire
import ByteCoding
import Digest
import EventModel
import HTTP
import Testing

@Suite("Temporary credentials")
struct SessionKeysTests {
    private static let keys = SessionKeys(key: Array(0..<32))
    private static let signedAt = Timestamp(millisecondsSinceEpoch: 1_720_000_000_000)
    private static let session = TemporarySession(
        accessKeyID: "ASIAEXAMPLEEXAMPLE12", arn: "arn:aws:sts::000000000000:assumed-role/r/s",
        userID: "AROA:s", expiresAt: signedAt + .seconds(900))

    @Test("A token tells its session, and only with its access key")
    func roundTrip() {
        let token = Self.keys.token(of: Self.session)
        #expect(Self.keys.session(of: Self.session.accessKeyID, token: token) == Self.session)
        #expect(Self.keys.session(of: "ASIAEXAMPLEEXAMPLE13", token: token) == nil)
        let others = SessionKeys(key: Array(1..<33))
        #expect(others.session(of: Self.session.accessKeyID, token: token) == nil)
        #expect(
            others.secretAccessKey(of: Self.session.accessKeyID)
                != Self.keys.secretAccessKey(of: Self.session.accessKeyID))
    }

    @Test("No byte of a token can be changed")
    func forged() throws {
        let token = try #require(Base64.decode(Self.keys.token(of: Self.session)))
        for index in token.indices {
            var changed = token
            changed[index] ^= 1
            let text = Base64.encode(changed)
            #expect(Self.keys.session(of: Self.session.accessKeyID, token: text) == nil, "byte \(index)")
        }
        #expect(Self.keys.session(of: Self.session.accessKeyID, token: "") == nil)
        #expect(Self.keys.session(of: Self.session.accessKeyID, token: "no base64") == nil)
    }

    @Test("Requests signed by a session are accepted until it expires")
    func verified() throws {
        let secret = Self.keys.secretAccessKey(of: Self.session.accessKeyID)
        let token = Self.keys.token(of: Self.session)
        let right = Self.request(secret: secret, token: token, date: "20240703T094640Z")
        #expect(try Self.verifier(at: Self.signedAt).verify(right, for: .sts) == "us-east-1")
        let wrong = Self.request(secret: secret + "x", token: token, date: "20240703T094640Z")
        #expect(Self.code(of: wrong, at: Self.signedAt) == "SignatureDoesNotMatch")
        let bare = Self.request(secret: secret, token: nil, date: "20240703T094640Z")
        #expect(Self.code(of: bare, at: Self.signedAt) == "InvalidClientTokenId")
        let late = Self.request(secret: secret, token: token, date: "20240703T100140Z")
        let end = Self.session.expiresAt
        #expect(Self.code(of: late, at: end - .milliseconds(1)) == nil)
        #expect(Self.code(of: late, at: end) == "ExpiredToken")
    }

    private static func verifier(at moment: Timestamp) -> SignatureVerifier {
        SignatureVerifier(
            credentials: Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret"), sessions: keys,
            now: { moment })
    }

    private static func code(of request: HTTPRequest, at moment: Timestamp) -> String? {
        do throws(AWSError) {
            _ = try verifier(at: moment).verify(request, for: .sts)
            return nil
        } catch {
            return error.shape
        }
    }

    /// Signs as an SDK does, written out here a second time.
    private static func request(secret: String, token: String?, date: String) -> HTTPRequest {
        let body = Array("Action=GetCallerIdentity&Version=2011-06-15".utf8)
        let digest = Hex.encode(SHA256.hash(body))
        var headers: [(String, String)] = [("host", "localhost"), ("x-amz-date", date)]
        if let token { headers.append(("x-amz-security-token", token)) }
        let names = headers.map(\.0).joined(separator: ";")
        let lines = headers.map { "\($0.0):\($0.1)\n" }.joined()
        let canonical = "POST\n/\n\n\(lines)\n\(names)\n\(digest)"
        let scope = "\(date.prefix(8))/us-east-1/sts/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(Hex.encode(SHA256.hash(Array(canonical.utf8))))"
        var key = Array("AWS4\(secret)".utf8)
        for part in scope.split(separator: "/") {
            key = HMACSHA256.authenticate(key: key, message: Array(part.utf8))
        }
        let signature = Hex.encode(HMACSHA256.authenticate(key: key, message: Array(text.utf8)))
        headers.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(session.accessKeyID)/\(scope), SignedHeaders=\(names), "
                    + "Signature=\(signature)"
            ))
        return HTTPRequest(method: "POST", target: "/", headers: HeaderFields(headers), body: body)
    }
}
