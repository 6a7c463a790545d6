/// A function with all that belongs to it.
package struct FunctionFamily: Equatable, Sendable {
    package var latest: FunctionDefinition
    package var versions: [Int: FunctionDefinition] = [:]
    /// The greatest number that a version ever had; 0 before the first.
    package var lastVersion = 0
    package var aliases: [String: FunctionAlias] = [:]
    /// By qualifier; the empty one is the function itself.
    package var policies: [String: ResourcePolicy] = [:]
    package var tags: [String: String] = [:]
    /// Guaranteed and greatest concurrency; `nil` shares what the account has.
    package var reservedConcurrency: Int?

    package init(latest: FunctionDefinition) { self.latest = latest }

    package var key: FunctionKey { latest.key }
}

// MARK: - Which version a call means

extension FunctionFamily {
    package func definition(_ version: FunctionVersion) -> FunctionDefinition? {
        switch version {
        case .latest: latest
        case .number(let number): versions[number]
        }
    }

    /// The version that a qualifier leads to; `nil` when there is none of that name.
    ///
    /// - Parameters:
    ///   - qualifier: Version or alias; `nil` is `$LATEST`.
    ///   - draw: 0..<1, for an alias with two versions.
    package func version(_ qualifier: String?, draw: Double) -> FunctionVersion? {
        guard let qualifier else { return .latest }
        let version = FunctionVersion(qualifier) ?? aliases[qualifier]?.version(draw: draw)
        return version.flatMap { definition($0) == nil ? nil : $0 }
    }

    /// What a qualifier leads to; for an alias with two versions the main one.
    package func definition(qualifier: String?) -> FunctionDefinition? {
        version(qualifier, draw: 1).flatMap { definition($0) }
    }

    /// Whether something of that name is there to be called.
    package func has(qualifier: String?) -> Bool { version(qualifier, draw: 1) != nil }

    /// The newest that was published and not deleted.
    package var newestVersion: FunctionDefinition? { versions.keys.max().flatMap { versions[$0] } }

    /// `$LATEST` and all published versions, in their order.
    package var allVersions: [FunctionDefinition] {
        [latest] + versions.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Every package that code or layers of any version lie in.
    package var packages: Set<CodePackage> {
        var found: Set<CodePackage> = []
        for version in allVersions {
            if let code = version.code { found.insert(code) }
            for layer in version.layers { found.insert(layer.code) }
        }
        return found
    }
}
