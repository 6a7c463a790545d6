import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension LambdaService {
    /// Fetches, unpacks and keeps the code on the worker, then commits the function.
    func createFunction(_ call: ServiceCall) throws(AWSError) {
        try work(call) { [self] installer throws(AWSError) in
            let arguments = try CallArguments(parsing: call.body)
            let request = try FunctionRequest(arguments)
            try Self.check { () throws(ConfigurationError) in
                try request.checkConstraints(isCreate: true)
                try request.checkRules(isCreate: true)
            }
            let reference = try Self.newName(request.functionName ?? "", in: call.location)
            try arguments.refuse(["PublishTo"], of: "CreateFunction")
            guard store.catalog.snapshot.family(reference.key) == nil else {
                throw .conflict("Function already exist: \(reference.name)")
            }
            guard let code = try arguments.object("Code") else {
                throw .constraint(nil, "code", "Member must not be null")
            }
            var function = FunctionDefinition(
                name: reference.name, location: reference.location,
                handler: .runtime(identifier: "", handler: "", codePath: ""), modifiedAt: now())
            try Self.check { () throws(ConfigurationError) in try request.apply(to: &function) }
            function.layers = try resolvedLayers(request.layers ?? [], in: call.location)
            let package = try installer.install(archive(CodeSource(code, of: "CreateFunction")))
            function.code = package
            function.codePath = store.codeFiles.path(of: package)
            function.layersPath = try installer.layersFolder(function.layers)
            try installer.checkSize(of: function)
            function.revisionID = identifiers.next()
            let publishes = try arguments.bool("Publish") ?? false
            commitNew(call, function, request.tags ?? [:], publishes: publishes, installer)
        }
    }

    private func commitNew(
        _ call: ServiceCall, _ function: FunctionDefinition, _ tags: [String: String], publishes: Bool,
        _ installer: CodeInstaller
    ) {
        let revision = identifiers.next()
        write(call, status: 201, installer) { writer throws(StoreError) in
            guard writer.catalog.family(function.key) == nil else {
                return .failure(.conflict("Function already exist: \(function.name)"))
            }
            try writer.putFunction(function)
            if !tags.isEmpty { try writer.putFunctionTags(tags, of: function.key) }
            guard publishes else { return .success(function.configuration(function.arn, .creating)) }
            let version = Self.version(1, of: function, description: nil, revision: revision)
            try writer.putFunctionVersion(version)
            return .success(version.configuration(function.arn, .creating))
        }
    }

    /// A function is created by its bare name or its own ARN.
    private static func newName(_ text: String, in location: Location) throws(AWSError) -> FunctionReference {
        let reference = try reference(text, qualifier: nil, in: location)
        guard reference.name.utf8.count <= 64 else {
            throw .constraint(text, "functionName", "Member must have length less than or equal to 64")
        }
        guard reference.qualifier == nil, reference.location == location else {
            throw .invalidValue("The function name \(text) names a version or another account.")
        }
        return reference
    }

    /// Turns rules of the model into errors of the wire.
    static func check(_ rules: () throws(ConfigurationError) -> Void) throws(AWSError) {
        do throws(ConfigurationError) {
            try rules()
        } catch {
            throw AWSError(error)
        }
    }
}

// MARK: - Work off the loop

extension LambdaService {
    /// Runs a part of an operation on the code worker, which may wait for the disk and take seconds.
    ///
    /// Whatever the work throws is the answer. What its installer made stays pinned until `write` has committed, or
    /// until the work has thrown.
    func work(
        _ call: ServiceCall,
        _ body: @escaping @Sendable (CodeInstaller) throws(AWSError) -> Void
    ) throws(AWSError) {
        let isTaken = store.workWithCode(bytes: call.body.count) { [store] in
            let installer = CodeInstaller(store)
            do throws(AWSError) {
                try body(installer)
            } catch {
                installer.release()
                call.fail(error)
            }
        }
        guard isTaken else {
            throw AWSError("TooManyRequestsException", "Rate exceeded", status: 429)
        }
    }

    /// Like the other `write`; what the installer made is released after the commit.
    func write(
        _ call: ServiceCall, status: Int, _ installer: CodeInstaller,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<[UInt8], AWSError>
    ) {
        store.submit(operation) { [self] result in
            installer.release()
            switch result {
            case .success(.success(let json)):
                call.succeed(json: json, status: status)
                forgetCodeLater()
            case .success(.failure(let error)): call.fail(error)
            case .failure(let error): call.fail(AWSError(failedWrite: error))
            }
        }
    }

    /// Code that nothing names any more goes once nobody can be running it: looks once a minute until it is gone.
    func forgetCodeLater() {
        loop.execute { [self] in
            mayHaveUnusedCode = true
            if sweepTimer == nil { armSweep() }
        }
    }

    private func armSweep() {
        sweepTimer = loop.schedule(after: .seconds(60)) { [weak self] in
            guard let self else { return }
            sweepTimer = nil
            guard mayHaveUnusedCode || store.codeFiles.hasGarbage else { return }
            mayHaveUnusedCode = false
            store.sweepCodeSoon()
            armSweep()
        }
    }
}
