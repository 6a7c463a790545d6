import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    func createEventSourceMapping(_ call: ServiceCall) throws(AWSError) {
        let request = try MappingRequest(CallArguments(parsing: call.body))
        let id = identifiers.next()
        let now = now()
        let location = call.location
        // Checked on the writer thread, where function, source and other mappings cannot change in between.
        write(call, status: 202) { writer throws(StoreError) in
            let catalog = writer.catalog
            let source = request.eventSourceARN.flatMap { ARN($0) }
            let facts = MappingFacts(catalog, request, source: source, location: location, now: now)
            let checked: CheckedMapping
            do throws(ConfigurationError) {
                checked = try request.checked(with: facts, in: location)
            } catch {
                return .failure(AWSError(error))
            }
            let mapping = EventSourceMapping(new: checked, id: id, location: location, now: now)
            if let existing = catalog.duplicate(of: mapping) { return .failure(.duplicate(existing)) }
            try writer.createMapping(mapping)
            return .success(mapping.configuration)
        }
    }
}

extension EventSourceMapping {
    /// A mapping on its way to the state that the request asks for (esm-api.md §5).
    fileprivate init(new: CheckedMapping, id: String, location: Location, now: Timestamp) {
        let isQueue = new.source.isQueue
        self.init(
            id: id, location: location, source: new.sourceARN, functionARN: new.function.arn,
            settings: new.settings,
            // A disabled queue mapping needs no pollers and is there at once.
            state: isQueue && !new.isEnabled ? .disabled : .creating, isEnabled: new.isEnabled,
            stateTransitionReason: isQueue ? "USER_INITIATED" : "User action",
            lastProcessingResult: isQueue ? nil : "No records processed", modifiedAt: now)
    }
}

extension CatalogSnapshot {
    /// Another mapping of the same source to the same function, qualification included (esm-api.md §7).
    func duplicate(of mapping: EventSourceMapping) -> EventSourceMapping? {
        mappings(in: mapping.location).first {
            $0.id != mapping.id && $0.source == mapping.source && $0.functionARN == mapping.functionARN
        }
    }

    /// A mapping of the caller; others are as good as unknown.
    func mapping(_ id: String?, in location: Location) -> EventSourceMapping? {
        guard let id, let mapping = mapping(id), mapping.location == location else { return nil }
        return mapping
    }
}
