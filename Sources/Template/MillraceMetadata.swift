/// `Metadata: {Millrace: …}` of a resource, where settings stand that AWS's resources do not have; other metadata is
/// somebody else's.
struct MillraceMetadata {
    /// `Command: [program, argument …]` of a function.
    private(set) var command: [String]?
    /// `OnSuccess: ARN` of a mapping.
    private(set) var onSuccess: String?
    /// `OnSuccess: {Event: ARN}` of a serverless function, by the names of its events.
    private(set) var onSuccessOfEvents: [String: String] = [:]
    private(set) var place: DocumentNode.Place

    init(of resource: DeclaredResource, _ resolver: Resolver) {
        place = resource.place
        guard let metadata = resource.metadata?["Millrace"] else { return }
        place = metadata.place
        let reader = PropertyReader(
            resolver.value(metadata), what: "Metadata.Millrace", problems: resolver.problems)
        switch resource.kind {
        case .function, .serverlessFunction:
            command = reader.texts("Command")
            if let command, command.first?.isEmpty ?? true {
                resolver.problems.add(place, "Command of Metadata.Millrace has to name a program.")
                self.command = nil
            }
            if resource.kind == .serverlessFunction {
                onSuccessOfEvents = reader.textMap("OnSuccess") ?? [:]
            }
        case .mapping: onSuccess = reader.text("OnSuccess")
        default: break
        }
        reader.finish()
    }

    /// Reports events that the function does not have.
    func check(events: [String], _ problems: ProblemList) {
        for name in onSuccessOfEvents.keys.sorted() where !events.contains(name) {
            problems.add(place, "OnSuccess of Metadata.Millrace names the event \(name), which is not there.")
        }
    }
}
