/// What runs under a function's name: the part that still changes (`$LATEST`), or one published version.
package struct FunctionDefinition: Equatable, Sendable {
    /// How the handler is started and spoken to.
    package enum Handler: Equatable, Sendable {
        /// A process that speaks the Runtime API: `python3.x`, `provided.al2023`, … in a folder.
        /// `codePath` is absolute; `handler` is `module.function` for Python, free text for `provided*`.
        case runtime(identifier: String, handler: String, codePath: String)
        /// A command per batch: event on stdin, answer on stdout, exit code ≠ 0 is a function error.
        /// Runs in `workingDirectory` (absolute).
        case command([String], workingDirectory: String)
    }

    package let name: String
    package let location: Location
    package var version = FunctionVersion.latest
    package var handler: Handler
    /// What was uploaded; `nil` for code that stays in a folder of its owner, where a template found it.
    package var code: CodePackage?
    /// In the order in which they are laid over each other; at most `FunctionLimits.layers`.
    package var layers: [FunctionLayer] = []
    /// The folder that holds all layers together, as `/opt` does; absolute, `nil` without layers.
    package var layersPath: String?
    /// 1...900 s.
    package var timeoutSeconds: Int
    /// 128...10,240 MB.
    package var memoryMegabytes: Int
    package var environment: [String: String]
    package var role: String
    package var description: String
    /// `x86_64` or `arm64`; told and not acted on, because handlers run on this machine.
    package var architecture = "x86_64"
    package var modifiedAt: Timestamp
    /// Changes with every change; empty for a function of a template that the API never touched.
    package var revisionID = ""

    package init(
        name: String, location: Location = Location(), handler: Handler, timeoutSeconds: Int = 3,
        memoryMegabytes: Int = 128, environment: [String: String] = [:],
        role: String = "arn:aws:iam::000000000000:role/lambda-role", description: String = "",
        modifiedAt: Timestamp
    ) {
        self.name = name
        self.location = location
        self.handler = handler
        self.timeoutSeconds = timeoutSeconds
        self.memoryMegabytes = memoryMegabytes
        self.environment = environment
        self.role = role
        self.description = description
        self.modifiedAt = modifiedAt
    }
}

/// An uploaded zip file, by its content.
package struct CodePackage: Hashable, Sendable {
    /// SHA-256 of the zip file, 64 hexadecimal digits in lower case; also the name of its folder.
    package let digest: String
    /// Bytes of the zip file.
    package let size: Int

    package init(digest: String, size: Int) {
        self.digest = digest
        self.size = size
    }
}

/// A layer as a function uses it. It keeps the content although the layer's version may be deleted later.
package struct FunctionLayer: Hashable, Sendable {
    /// Of the layer's version.
    package let arn: ARN
    package let code: CodePackage

    package init(arn: ARN, code: CodePackage) {
        self.arn = arn
        self.code = code
    }
}

extension FunctionDefinition {
    package var key: FunctionKey { FunctionKey(location: location, name: name) }

    /// Without qualifier.
    package var arn: ARN { key.arn }

    /// With the version, `$LATEST` included.
    package var qualifiedARN: ARN { key.arn(qualifier: version.description) }

    /// Whether an environment of one may run the other: all is equal but what only the API shows.
    package func runsLike(_ other: FunctionDefinition) -> Bool {
        var mine = self
        mine.role = other.role
        mine.description = other.description
        mine.modifiedAt = other.modifiedAt
        mine.revisionID = other.revisionID
        return mine == other
    }

    /// Whether publishing one after the other would make no new version (invocation.md §3, the same-code rule).
    package func publishesLike(_ other: FunctionDefinition) -> Bool {
        var mine = self
        mine.version = other.version
        mine.description = other.description
        mine.modifiedAt = other.modifiedAt
        mine.revisionID = other.revisionID
        return mine == other
    }

    /// The folder that the handler's code lies in.
    package var codePath: String {
        get {
            switch handler {
            case .runtime(_, _, let path): path
            case .command(_, let path): path
            }
        }
        set {
            switch handler {
            case .runtime(let identifier, let name, _):
                handler = .runtime(identifier: identifier, handler: name, codePath: newValue)
            case .command(let words, _): handler = .command(words, workingDirectory: newValue)
            }
        }
    }
}
