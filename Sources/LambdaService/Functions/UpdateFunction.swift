import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Replaces the code of `$LATEST`; a function of a template leaves its folder with that.
    func updateFunctionCode(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        try work(call) { [self] installer throws(AWSError) in
            let arguments = try CallArguments(parsing: call.body)
            let revision = try arguments.string("RevisionId")
            let old = try latest(key, revision: revision)
            if arguments["ImageUri"] != nil {
                throw .invalidValue(
                    "Please don't provide ImageUri when updating a function with packageType Zip.")
            }
            try arguments.refuse(["SourceKMSKeyArn", "PublishTo"], of: "UpdateFunctionCode")
            var request = FunctionRequest()
            request.architectures = try arguments.strings("Architectures")
            try Self.check { () throws(ConfigurationError) in
                try request.checkConstraints(isCreate: false)
            }
            let package = try installer.install(archive(CodeSource(arguments, of: "UpdateFunctionCode")))
            let architecture = request.architectures?.first
            let isDryRun = try arguments.bool("DryRun") ?? false
            let publishes = try arguments.bool("Publish") ?? false
            let path = store.codeFiles.path(of: package)
            let change: @Sendable (inout FunctionDefinition) -> Void = { function in
                function.code = package
                function.codePath = path
                if let architecture { function.architecture = architecture }
            }
            var changed = old
            change(&changed)
            try installer.checkSize(of: changed)
            if isDryRun {
                installer.release()
                return call.succeed(json: changed.configuration(changed.arn, .updating))
            }
            commit(call, key, revision: revision, publishes: publishes, installer, change)
        }
    }

    func updateFunctionConfiguration(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        try work(call) { [self] installer throws(AWSError) in
            let arguments = try CallArguments(parsing: call.body)
            let revision = try arguments.string("RevisionId")
            var request = try FunctionRequest(arguments)
            request.functionName = nil
            request.packageType = nil
            let settings = request
            try Self.check { () throws(ConfigurationError) in
                try settings.checkConstraints(isCreate: false)
                try settings.checkRules(isCreate: false)
            }
            var trial = try latest(key, revision: revision)
            try Self.check { () throws(ConfigurationError) in try settings.apply(to: &trial) }
            let layers = try request.layers.map { names throws(AWSError) in
                try resolvedLayers(names, in: call.location)
            }
            if let layers {
                trial.layers = layers
                trial.layersPath = try installer.layersFolder(layers)
                try installer.checkSize(of: trial)
            }
            let folder = trial.layersPath
            commit(call, key, revision: revision, publishes: false, installer) { function in
                // It could be taken above, and its handler's kind never changes.
                do { try settings.apply(to: &function) } catch { return }
                if let layers {
                    function.layers = layers
                    function.layersPath = folder
                }
            }
        }
    }

    /// `$LATEST` as it is now; checked again when the change is committed.
    private func latest(_ key: FunctionKey, revision: String?) throws(AWSError) -> FunctionDefinition {
        let latest = try Self.family(key, in: store.catalog.snapshot).latest
        guard revision == nil || revision == latest.revisionID else { throw .revisionMismatch() }
        return latest
    }

    private func commit(
        _ call: ServiceCall, _ key: FunctionKey, revision: String?, publishes: Bool,
        _ installer: CodeInstaller, _ change: @escaping @Sendable (inout FunctionDefinition) -> Void
    ) {
        let (newRevision, versionRevision) = (identifiers.next(), identifiers.next())
        let now = now()
        write(call, status: 200, installer) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            var function = family.latest
            guard revision == nil || revision == function.revisionID else {
                return .failure(.revisionMismatch())
            }
            change(&function)
            function.revisionID = newRevision
            function.modifiedAt = now
            try writer.putFunction(function)
            guard publishes else {
                return .success(function.configuration(function.arn, .updating))
            }
            let version = try Self.publish(
                function, of: family, writer, description: nil, revision: versionRevision)
            return .success(version.configuration(version.qualifiedARN, .updating))
        }
    }
}
