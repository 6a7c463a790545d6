/// A name for a version of a function, or for two between which calls are divided.
package struct FunctionAlias: Equatable, Sendable {
    package let name: String
    package var version: FunctionVersion
    /// A second version and its share of the calls, 0...1.
    package var additional: WeightedVersion?
    package var description: String
    package var revisionID: String

    package struct WeightedVersion: Equatable, Sendable {
        package var number: Int
        package var weight: Double

        package init(number: Int, weight: Double) {
            self.number = number
            self.weight = weight
        }
    }

    package init(
        name: String, version: FunctionVersion, additional: WeightedVersion? = nil, description: String = "",
        revisionID: String
    ) {
        self.name = name
        self.version = version
        self.additional = additional
        self.description = description
        self.revisionID = revisionID
    }

    /// The version that one call gets.
    ///
    /// - Parameter draw: 0..<1, evenly distributed; drawn anew for each attempt.
    package func version(draw: Double) -> FunctionVersion {
        guard let additional, draw < additional.weight else { return version }
        return .number(additional.number)
    }

    /// The versions that it may lead to.
    package func names(_ version: FunctionVersion) -> Bool {
        version == self.version || additional.map { .number($0.number) == version } ?? false
    }
}
