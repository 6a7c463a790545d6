package import HTTP

/// What a signature says about its maker: `AKID/20240131/eu-west-1/sqs/aws4_request`.
package struct CredentialScope: Equatable, Sendable {
    package let accessKeyID: String
    /// `yyyymmdd`.
    package let date: String
    package let region: String
    package let service: String

    /// `nil` when the text has another form.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[4] == "aws4_request", !parts.contains(where: \.isEmpty) else {
            return nil
        }
        accessKeyID = String(parts[0])
        date = String(parts[1])
        region = String(parts[2])
        service = String(parts[3])
    }

    /// What follows the access key, as the string to sign has it.
    package var text: String { "\(date)/\(region)/\(service)/aws4_request" }

    /// The service that a request is signed for, whether the signature is right or not; `nil` when it names none.
    package static func service(of request: HTTPRequest) -> String? {
        if let header = request.headers["authorization"] {
            guard let start = header.firstRange(of: "Credential=")?.upperBound else { return nil }
            return CredentialScope(header[start...].prefix { $0 != "," && $0 != " " })?.service
        }
        guard let query = request.query, query.contains("X-Amz-Credential"),
            let parameters = WireParameters(formEncoded: query.utf8)
        else { return nil }
        return parameters["X-Amz-Credential"].flatMap { CredentialScope($0) }?.service
    }
}
