/// The name of a layer in its account and region.
package struct LayerKey: Hashable, Sendable {
    package let location: Location
    package let name: String

    package init(location: Location, name: String) {
        self.location = location
        self.name = name
    }

    package var arn: ARN { location.arn("lambda", "layer:\(name)") }

    package func arn(version: Int) -> ARN { location.arn("lambda", "layer:\(name):\(version)") }
}

/// One published version of a layer; never changes but for its policy.
package struct LayerVersionDefinition: Equatable, Sendable {
    package let key: LayerKey
    /// 1 for the first; never given again.
    package let number: Int
    package let code: CodePackage
    package let description: String
    package let compatibleRuntimes: [String]
    package let compatibleArchitectures: [String]
    package let license: String?
    package let createdAt: Timestamp
    package var policy: ResourcePolicy?

    package init(
        key: LayerKey, number: Int, code: CodePackage, description: String,
        compatibleRuntimes: [String], compatibleArchitectures: [String], license: String?,
        createdAt: Timestamp
    ) {
        self.key = key
        self.number = number
        self.code = code
        self.description = description
        self.compatibleRuntimes = compatibleRuntimes
        self.compatibleArchitectures = compatibleArchitectures
        self.license = license
        self.createdAt = createdAt
    }

    package var arn: ARN { key.arn(version: number) }
}

/// A layer with its versions.
package struct LayerFamily: Equatable, Sendable {
    package var versions: [Int: LayerVersionDefinition] = [:]
    /// The greatest number that a version ever had.
    package var lastVersion = 0

    package init() {}
}

/// A layer's version as a caller names it: `arn:aws:lambda:region:account:layer:name:version`.
package struct LayerReference: Equatable, Sendable {
    package let key: LayerKey
    package let version: Int

    package init?(_ text: String) {
        guard let arn = ARN(text), arn.service == "lambda" else { return nil }
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "layer", !parts[1].isEmpty, let number = Int(parts[2]) else {
            return nil
        }
        key = LayerKey(
            location: Location(account: arn.account, region: arn.region), name: String(parts[1]))
        version = number
    }
}
