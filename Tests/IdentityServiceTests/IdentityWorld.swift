import AWSWire
import EventModel
import EventStore
import Foundation
import HTTP
import IdentityService
import Synchronization
import WireTesting

/// A world with STS alone, one role, and the golden pairs of its calls.
struct IdentityWorld {
    let wire: WireWorld
    private let golden = Golden(beside: #filePath)

    /// - Parameter maxSessionSeconds: Of the role `worker`.
    init(maxSessionSeconds: Int = 7_200) throws {
        wire = try WireWorld { router, parts in
            let count = Atomic<UInt8>(0)
            IdentityService(
                store: parts.store, now: parts.now,
                randomBytes: { length in
                    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
                    return (0..<length).map { UInt8(truncatingIfNeeded: $0) &* 37 &+ number }
                }
            ).register(on: &router)
        }
        let role = RoleDefinition(
            name: "worker", path: "/team/", account: Limits.defaultAccount, id: "AROAEXAMPLEEXAMPLE123",
            createdAt: wire.clock.now, trustPolicy: "{}", maxSessionSeconds: maxSessionSeconds)
        try wire.store.perform { writer throws(StoreError) in try writer.putRole(role) }
    }

    static let roleARN = "arn:aws:iam::000000000000:role/team/worker"

    func request(
        _ operation: String, _ parameters: some Sequence<(key: String, value: String)>,
        as session: Issued? = nil
    ) -> HTTPRequest {
        var form = "Action=\(operation)&Version=2011-06-15"
        for (name, value) in parameters { form += "&\(name)=\(PercentCoding.encoded(value))" }
        var headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        if let session {
            headers.append(("X-Amz-Security-Token", session.token))
            headers.append(
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=\(session.accessKeyID)/20240703/us-east-1/sts/aws4_request, "
                        + "SignedHeaders=host, Signature=00"
                ))
        }
        return HTTPRequest(
            method: "POST", target: "/", headers: HeaderFields(headers), body: Array(form.utf8))
    }

    /// Sends a call and compares it with `Golden/<operation>/<name>.http`; what differs. Secrets differ from one data
    /// directory to the next and stand there as words.
    func pair(
        _ operation: String, _ name: String, _ parameters: KeyValuePairs<String, String> = [:]
    ) throws -> String? {
        let request = request(operation, parameters)
        let response = try wire.send(request)
        var text = response.bodyText
        for element in ["SecretAccessKey", "SessionToken"] {
            guard let value = Self.value(of: element, in: text) else { continue }
            text = text.replacing(value, with: "{\(element)}")
        }
        return try golden.difference(
            operation, name, request,
            HTTPResponse(status: response.status, headers: response.headers, body: .bytes(Array(text.utf8))))
    }

    /// Credentials as an answer has them.
    struct Issued {
        let accessKeyID: String
        let secret: String
        let token: String
    }

    func issue(_ operation: String, _ parameters: KeyValuePairs<String, String>) throws -> Issued? {
        let text = try wire.send(request(operation, parameters)).bodyText
        guard let key = Self.value(of: "AccessKeyId", in: text),
            let secret = Self.value(of: "SecretAccessKey", in: text),
            let token = Self.value(of: "SessionToken", in: text)
        else { return nil }
        return Issued(accessKeyID: key, secret: secret, token: token)
    }

    static func value(of element: String, in text: String) -> String? {
        guard let start = text.range(of: "<\(element)>"), let end = text.range(of: "</\(element)>") else {
            return nil
        }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
