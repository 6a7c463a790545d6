package import AWSWire
import ByteCoding
import Digest
package import EventModel
package import EventStore
import HTTP

/// STS: who the caller is, and temporary credentials that end.
///
/// Only reads the catalog, and keeps nothing: credentials are derived (`SessionKeys`).
package struct IdentityService: Sendable {
    private let catalog: Catalog
    let sessions: SessionKeys
    let now: @Sendable () -> Timestamp
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// - Parameters:
    ///   - now: The wall clock; sessions end by it.
    ///   - randomBytes: Makes what access key IDs are made of.
    package init(
        store: EventStore, now: @escaping @Sendable () -> Timestamp,
        randomBytes: @escaping @Sendable (Int) -> [UInt8] = { RandomBytes.make(count: $0) }
    ) {
        catalog = store.catalog
        sessions = SessionKeys(key: store.credentialKey)
        self.now = now
        self.randomBytes = randomBytes
    }

    package func register(on router: inout ServiceRouter) {
        router.register(queryVersion: "2011-06-15", of: .sts) { call in
            do throws(AWSError) {
                try perform(call)
            } catch {
                call.fail(error)
            }
        }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "GetCallerIdentity": getCallerIdentity(call)
        case "AssumeRole": try assumeRole(call)
        case "GetSessionToken": try getSessionToken(call)
        case "GetFederationToken": try getFederationToken(call)
        case "GetAccessKeyInfo": try getAccessKeyInfo(call)
        case "": throw AWSError("MissingAction", "The request must contain the parameter Action.")
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - Who is there

extension IdentityService {
    /// The session whose credentials the caller used; `nil` for the root user, which everybody else is.
    func session(_ call: ServiceCall) -> TemporarySession? { sessions.session(of: call.request) }

    func callerARN(_ call: ServiceCall) -> String {
        session(call)?.arn ?? "arn:aws:iam::\(call.location.account):root"
    }

    private func getCallerIdentity(_ call: ServiceCall) {
        let session = session(call)
        let account = call.location.account
        call.succeed { xml in
            xml.element("Arn", session?.arn ?? "arn:aws:iam::\(account):root")
            xml.element("UserId", session?.userID ?? account)
            xml.element("Account", account)
        }
    }

    /// A key without its token does not tell whose it is: the caller's account stands for it.
    private func getAccessKeyInfo(_ call: ServiceCall) throws(AWSError) {
        let key = try QueryConstraint(call.parameters).required("AccessKeyId", 16...128)
        guard key.utf8.allSatisfy({ IdentityText.isWord($0) }) else {
            throw QueryConstraint.failure(
                "Value '\(key)' at 'accessKeyId'", "Member must satisfy regular expression pattern: [\\w]*")
        }
        call.succeed { $0.element("Account", call.location.account) }
    }
}

// MARK: - What the operations share

extension IdentityService {
    func role(arn text: String) -> RoleDefinition? {
        guard let arn = ARN(text), let name = arn.resource.split(separator: "/").last,
            let role = catalog.snapshot.role(named: String(name), account: arn.account), role.arn == text
        else { return nil }
        return role
    }

    func isManagedPolicy(_ arn: String) -> Bool {
        ARN(arn)?.account == "aws" || catalog.snapshot.managedPolicy(arn: arn) != nil
    }

    /// Begins a session of so many seconds.
    func begin(arn: String, userID: String, seconds: Int) -> TemporarySession {
        let random = randomBytes(UniqueID.byteCount)
        // The token tells whole milliseconds; answers tell whole seconds, so the session ends with one.
        let end = now().millisecondsSinceEpoch / 1_000 + Int64(seconds)
        return TemporarySession(
            accessKeyID: UniqueID.text("ASIA", random: random, length: 16), arn: arn, userID: userID,
            expiresAt: Timestamp(millisecondsSinceEpoch: end * 1_000))
    }

    func write(_ session: TemporarySession, _ xml: inout XMLWriter) {
        xml.element("Credentials") { xml in
            xml.element("AccessKeyId", session.accessKeyID)
            xml.element("SecretAccessKey", sessions.secretAccessKey(of: session.accessKeyID))
            xml.element("SessionToken", sessions.token(of: session))
            xml.element("Expiration", session.expiresAt.iso8601Seconds)
        }
    }

    /// Refuses codes of devices: there are none to check them with.
    func refuseDevices(_ call: ServiceCall) throws(AWSError) {
        for name in ["SerialNumber", "TokenCode"] where call.parameters[name] != nil {
            throw .notSupported(
                parameter: name, operation: call.operation, note: "Millrace knows no MFA devices.")
        }
    }
}
