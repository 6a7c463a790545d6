import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Keeps `$LATEST` as it is now under the next number; what lies in a template's folder is packed for that.
    func publishVersion(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let arguments = try CallArguments(parsing: call.body)
        let wanted = Publication(
            digest: try arguments.string("CodeSha256").flatMap { $0.isEmpty ? nil : $0 },
            revision: try arguments.string("RevisionId").flatMap { $0.isEmpty ? nil : $0 },
            description: try arguments.string("Description"))
        try arguments.refuse(["PublishTo"], of: "PublishVersion")
        if let description = wanted.description, description.unicodeScalars.count > 256 {
            throw .constraint(description, "description", "Member must have length less than or equal to 256")
        }
        let latest = try Self.family(key, in: store.catalog.snapshot).latest
        guard latest.code == nil else { return publish(call, key, wanted, nil, CodeInstaller(store)) }
        try work(call) { [self] installer throws(AWSError) in
            // What was uploaded meanwhile needs no packing.
            let latest = try Self.family(key, in: store.catalog.snapshot).latest
            let packed = latest.code == nil ? try installer.install(folder: latest.codePath) : nil
            publish(call, key, wanted, packed, installer)
        }
    }

    private struct Publication {
        let digest: String?
        let revision: String?
        let description: String?
    }

    /// - Parameter packed: The code of a function whose `$LATEST` lies in its owner's folder.
    private func publish(
        _ call: ServiceCall, _ key: FunctionKey, _ wanted: Publication, _ packed: CodePackage?,
        _ installer: CodeInstaller
    ) {
        let revision = identifiers.next()
        let path = packed.map { store.codeFiles.path(of: $0) }
        write(call, status: 201, installer) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            guard wanted.revision == nil || wanted.revision == family.latest.revisionID else {
                return .failure(.revisionMismatch())
            }
            var source = family.latest
            if source.code == nil, let packed, let path {
                source.code = packed
                source.codePath = path
            }
            if let digest = wanted.digest, digest != source.code?.sha256 {
                return .failure(
                    .invalidValue(
                        "CodeSHA256 (\(digest)) is different from current CodeSHA256 in $LATEST "
                            + "(\(source.code?.sha256 ?? "")). Please try again with the CodeSHA256 in $LATEST."
                    ))
            }
            let version = try Self.publish(
                source, of: family, writer, description: wanted.description, revision: revision)
            return .success(version.configuration(version.qualifiedARN))
        }
    }

    /// Publishes a definition unless the newest version is the same already, which is then the answer.
    static func publish(
        _ source: FunctionDefinition, of family: FunctionFamily, _ writer: StoreWriter,
        description: String?, revision: String
    ) throws(StoreError) -> FunctionDefinition {
        if let newest = family.newestVersion, source.publishesLike(newest) { return newest }
        let version = version(
            family.lastVersion + 1, of: source, description: description, revision: revision)
        try writer.putFunctionVersion(version)
        return version
    }

    static func version(
        _ number: Int, of source: FunctionDefinition, description: String?, revision: String
    ) -> FunctionDefinition {
        var version = source
        version.version = .number(number)
        version.revisionID = revision
        if let description, !description.isEmpty { version.description = description }
        return version
    }

    func listVersionsByFunction(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let family = try Self.family(key, in: store.catalog.snapshot)
        let page = try Self.page(family.allVersions, call) { $0.version.description }
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("Versions")
        json.beginArray()
        for version in page.elements { version.encode(version.qualifiedARN, .listed, to: &json) }
        json.endArray()
        if let next = page.next { json.member("NextMarker", next) }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
