/// `Metadata: {Millrace: …}` of a resource, where settings stand that AWS's resources do not have; other metadata is
/// somebody else's.
struct MillraceMetadata {
    /// `Command: [program, argument …]` of a function.
    private(set) var command: [String]?
    /// Of a mapping: `OnSuccess: ARN` and `OnFailure: ARN`.
    private(set) var destinations = Destinations()
    /// `OnSuccess: {Event: ARN}` and `OnFailure: {Event: ARN}` of a serverless function, by the names of its events.
    private var onSuccessOfEvents: [String: String] = [:]
    private var onFailureOfEvents: [String: String] = [:]
    private(set) var place: DocumentNode.Place

    /// Where a mapping reports, beyond what AWS has.
    struct Destinations {
        var onSuccess: String?
        /// Queue mappings only; those of streams are AWS's own.
        var onFailure: String?
    }

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
                onFailureOfEvents = reader.textMap("OnFailure") ?? [:]
            }
        case .mapping:
            destinations = Destinations(
                onSuccess: reader.text("OnSuccess"), onFailure: reader.text("OnFailure"))
        default: break
        }
        reader.finish()
    }

    func destinations(ofEvent name: String) -> Destinations {
        Destinations(onSuccess: onSuccessOfEvents[name], onFailure: onFailureOfEvents[name])
    }

    /// Reports events that the function does not have.
    func check(events: [String], _ problems: ProblemList) {
        for (member, names) in [("OnSuccess", onSuccessOfEvents.keys), ("OnFailure", onFailureOfEvents.keys)]
        {
            for name in names.sorted() where !events.contains(name) {
                problems.add(
                    place, "\(member) of Metadata.Millrace names the event \(name), which is not there.")
            }
        }
    }
}
