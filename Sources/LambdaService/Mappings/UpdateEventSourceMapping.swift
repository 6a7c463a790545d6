import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    func updateEventSourceMapping(_ call: ServiceCall) throws(AWSError) {
        let request = try MappingRequest(CallArguments(parsing: call.body))
        let id = call.pathParameters["UUID"]
        let location = call.location
        let now = now()
        write(call, status: 202) { writer throws(StoreError) in
            let catalog = writer.catalog
            guard var mapping = catalog.mapping(id, in: location) else { return .failure(.mappingNotFound) }
            guard mapping.state.isSettled else { return .failure(.inUse("update")) }
            let facts = MappingFacts(
                catalog, request, source: mapping.source, location: location, now: now)
            do throws(ConfigurationError) {
                try mapping.update(request, facts)
            } catch {
                return .failure(AWSError(error))
            }
            if let existing = catalog.duplicate(of: mapping) { return .failure(.duplicate(existing)) }
            try writer.updateMapping(mapping)
            return .success(mapping.configuration)
        }
    }

    func deleteEventSourceMapping(_ call: ServiceCall) throws(AWSError) {
        let id = call.pathParameters["UUID"]
        let location = call.location
        let now = now()
        write(call, status: 202) { writer throws(StoreError) in
            guard var mapping = writer.catalog.mapping(id, in: location) else {
                return .failure(.mappingNotFound)
            }
            guard mapping.state.isSettled else { return .failure(.inUse("delete")) }
            mapping.state = .deleting
            mapping.modifiedAt = now
            try writer.updateMapping(mapping)
            return .success(mapping.configuration)
        }
    }
}

extension EventSourceMapping {
    /// Takes the new settings at once and goes into the transition that they mean (esm-api.md §5).
    fileprivate mutating func update(
        _ request: MappingRequest, _ facts: MappingFacts
    ) throws(ConfigurationError) {
        let merged = try request.merged(into: self, with: facts)
        switch (isEnabled, merged.isEnabled) {
        case (false, true): state = .enabling
        case (true, false): state = .disabling
        case (true, true), (false, false): state = .updating
        }
        functionARN = merged.functionARN
        isEnabled = merged.isEnabled
        settings = merged.settings
        modifiedAt = facts.now
    }
}
