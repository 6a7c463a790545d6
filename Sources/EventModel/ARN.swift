/// An Amazon Resource Name, taken apart: `arn:partition:service:region:account:resource`.
///
/// `resource` keeps everything behind the fifth colon, so it may hold colons and slashes
/// (`function:name:alias`, `table/T/stream/2024-09-17T12:49:54.528`).
package struct ARN: Hashable, Sendable, CustomStringConvertible {
    package let partition: String
    package let service: String
    package let region: String
    package let account: String
    package let resource: String

    package init(
        partition: String = "aws", service: String, region: String, account: String, resource: String
    ) {
        self.partition = partition
        self.service = service
        self.region = region
        self.account = account
        self.resource = resource
    }

    /// Takes a text apart; `nil` when it does not start with `arn:` or has fewer than six parts or no resource.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[2].isEmpty, !parts[5].isEmpty else { return nil }
        self.init(
            partition: String(parts[1]), service: String(parts[2]), region: String(parts[3]),
            account: String(parts[4]), resource: String(parts[5]))
    }

    package var description: String { "arn:\(partition):\(service):\(region):\(account):\(resource)" }
}

/// The account and region that a call or a resource belongs to.
package struct Location: Hashable, Sendable {
    package let account: String
    package let region: String

    package init(account: String = Limits.defaultAccount, region: String = Limits.defaultRegion) {
        self.account = account
        self.region = region
    }

    package func arn(_ service: String, _ resource: String) -> ARN {
        ARN(service: service, region: region, account: account, resource: resource)
    }
}
