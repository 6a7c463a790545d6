import EventModel
import HTTP
import Synchronization

/// Who calls and from where, as far as a request says so: by its signature, right or wrong, or else by its host.
struct Caller: Equatable {
    /// 12 digits, when the access key ID is nothing else: the way in which emulators tell accounts apart.
    var account: String?
    var region: String?
    /// True when the access key ID is one of temporary credentials.
    var isTemporary = false

    /// Reads what the credential scope of a request says; nothing for an unsigned one.
    init(_ request: HTTPRequest) {
        if let header = request.headers["authorization"] {
            self.init(authorization: header)
            return
        }
        self.init()
        if let query = request.query, query.contains("X-Amz-Credential"),
            let parameters = WireParameters(formEncoded: query.utf8),
            let scope = parameters["X-Amz-Credential"].flatMap({ CredentialScope($0) })
        {
            account = AccountText.isAccount(scope.accessKeyID.utf8) ? scope.accessKeyID : nil
            isTemporary = scope.accessKeyID.hasPrefix("ASIA")
            region = scope.region
        }
    }

    private init() {}

    /// Looks for `=<access key>/<date>/<region>/` without taking the rest apart: this runs for every request.
    init(authorization header: String) {
        var header = header
        self = header.withUTF8 { bytes -> Caller in
            var caller = Caller()
            var slashes = 0
            var keyStart = 0
            var regionStart = 0
            for index in bytes.indices {
                switch bytes[index] {
                case UInt8(ascii: "=") where slashes == 0: keyStart = index + 1
                case UInt8(ascii: "/"):
                    slashes += 1
                    if slashes == 1 {
                        let key = bytes[keyStart..<index]
                        caller.isTemporary = key.starts(with: "ASIA".utf8)
                        if AccountText.isAccount(key) {
                            caller.account = String(decoding: key, as: UTF8.self)
                        }
                    }
                    if slashes == 2 { regionStart = index + 1 }
                    if slashes == 3 {
                        let region = bytes[regionStart..<index]
                        caller.region = region.isEmpty ? nil : String(decoding: region, as: UTF8.self)
                        return caller
                    }
                default: continue
                }
            }
            return Caller()
        }
    }
}

/// The form of account IDs.
package enum AccountText {
    package static func isAccount(_ text: some Collection<UInt8>) -> Bool {
        text.count == 12 && text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

/// Host names of services: `sqs.eu-west-1.amazonaws.com`, `eu-west-1.queue.localhost:4566`.
package enum ServiceHost {
    /// The region behind the name of a service, or in front of `queue`; `nil` when there is none.
    package static func region(in host: some StringProtocol) -> String? {
        let labels = host.split(separator: ".", maxSplits: 2)
        guard labels.count >= 2 else { return nil }
        if isRegion(labels[1].utf8) { return String(labels[1]) }
        return labels[1] == "queue" && isRegion(labels[0].utf8) ? String(labels[0]) : nil
    }

    /// What regions begin with (AWS General Reference, "Service endpoints").
    private static let continents: [String] = [
        "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us",
    ]

    /// `us-east-1`, `us-gov-west-1`: small letters and dashes, a digit at the end.
    static func isRegion(_ label: some Collection<UInt8>) -> Bool {
        let parts = label.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard (3...4).contains(parts.count), let last = parts.last, last.count == 1,
            last.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            continents.contains(where: { $0.utf8.elementsEqual(parts[0]) })
        else { return false }
        return parts.dropLast().allSatisfy { !$0.isEmpty && $0.allSatisfy { letters.contains($0) } }
    }
}

/// The accounts of temporary credentials, by their tokens: what a token says never changes.
final class SessionAccounts: Sendable {
    /// Tokens kept: as many as a machine has callers at a time (our own).
    private static let kept = 64

    private let sessions: SessionKeys
    private let accounts = Mutex<[String: String]>([:])

    init(_ sessions: SessionKeys) { self.sessions = sessions }

    /// `nil` for a request without a token of ours.
    func account(of request: HTTPRequest) -> String? {
        let token = request.headers["x-amz-security-token"]
        if let token, let known = accounts.withLock({ $0[token] }) { return known }
        guard token != nil || request.query?.contains("X-Amz-Security-Token") == true,
            let arn = sessions.session(of: request).flatMap({ ARN($0.arn) })
        else { return nil }
        if let token {
            accounts.withLock { accounts in
                if accounts.count >= Self.kept { accounts.removeAll() }
                accounts[token] = arn.account
            }
        }
        return arn.account
    }
}
