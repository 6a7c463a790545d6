import ByteCoding
import Digest
import SQLite

/// The certificate whose key signs notifications.
package struct SigningCertificate: Equatable, Sendable {
    /// `SimpleNotificationService-0123….pem`
    package let name: String
    /// PEM text.
    package let text: String

    init(_ certificate: [UInt8]) {
        name = Self.name(of: certificate)
        var lines: [Substring] = ["-----BEGIN CERTIFICATE-----"]
        var rest = Base64.encode(certificate)[...]
        while !rest.isEmpty {
            lines.append(rest.prefix(64))
            rest = rest.dropFirst(64)
        }
        lines.append("-----END CERTIFICATE-----\n")
        text = lines.joined(separator: "\n")
    }

    static func name(of certificate: [UInt8]) -> String {
        "SimpleNotificationService-\(Hex.encode(Array(SHA256.hash(certificate).prefix(16)))).pem"
    }
}

extension StoreReader {
    /// `nil` while the data directory never signed a notification.
    package func signingCertificate() throws(StoreError) -> SigningCertificate? {
        let statement = try statement("SELECT certificate FROM topic_signer")
        return try storeErrors { () throws(SQLiteError) in
            defer { statement.reset() }
            return try statement.step() ? SigningCertificate(statement.array(0)) : nil
        }
    }
}
