import Digest
import EventModel
import EventStore
import Template

// MARK: - Mappings

extension PlanSteps {
    /// Sources, functions and destinations that mappings name have to be there, or about to be.
    func checkMappings(_ snapshot: CatalogSnapshot) throws(StoreError) {
        let location = Location()
        let functions = Set(plan.functions.map { location.arn("lambda", "function:\($0.name)") })
        let destinations = Set(
            plan.queues.map { location.arn("sqs", $0.name) }
                + plan.topics.map { location.arn("sns", $0.name) }
                + plan.buckets.compactMap { ARN("arn:aws:s3:::\($0)") })
        for mapping in plan.mappings {
            guard willBeThere(mapping.source, snapshot) else {
                throw .notFound("\(mapping.origin): the source of the mapping")
            }
            let function = mapping.functionARN
            let name = String(function.resource.dropFirst("function:".count))
            guard functions.contains(function) || snapshot.function(named: name, in: location) != nil else {
                throw .notFound("\(mapping.origin): the function \(function)")
            }
            let settings = mapping.settings
            for destination in [settings.onFailureDestination, settings.onSuccessDestination].compactMap({
                $0
            })
            where !destinations.contains(destination) && !snapshot.hasDestination(destination) {
                throw .notFound("\(mapping.origin): the destination \(destination)")
            }
            guard settings.queue.onFailureDestination == nil || givesUp(mapping.source, snapshot) else {
                throw .conflict(
                    "\(mapping.origin): an on-failure destination needs a redrive policy of the queue: without one no "
                        + "message is ever given up.")
            }
        }
    }

    private func willBeThere(_ source: TemplatePlan.Source, _ snapshot: CatalogSnapshot) -> Bool {
        switch source {
        case .late(let late):
            return DocumentResolver(plan: plan, snapshot: snapshot, isCheck: true).isKnown(late)
        case .resource(let arn):
            let location = Location()
            let isPlanned =
                plan.queues.contains { location.arn("sqs", $0.name) == arn }
                || plan.streams.contains { location.arn("kinesis", "stream/\($0.name)") == arn }
            if isPlanned || snapshot.queue(arn) != nil || snapshot.stream(arn) != nil { return true }
            guard let reference = ConsumerReference(arn) else { return false }
            return snapshot.stream(reference.streamARN).flatMap { reference.consumer(of: $0) } != nil
        }
    }

    private func givesUp(_ source: TemplatePlan.Source, _ snapshot: CatalogSnapshot) -> Bool {
        guard case .resource(let arn) = source else { return true }
        let planned = plan.queues.first { Location().arn("sqs", $0.name) == arn }
        return (planned?.attributes ?? snapshot.queue(arn)?.attributes)?.redrive != nil
    }

    func apply(_ wanted: TemplatePlan.Mapping, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard var mapping = existing(wanted, writer.catalog) else {
            guard let source = source(of: wanted, writer.catalog) else {
                throw .notFound("\(wanted.origin): the source of the mapping")
            }
            try writer.createMapping(Self.mapping(wanted, source: source, now: writer.now))
            return 1
        }
        guard mapping.settings != wanted.settings || mapping.isEnabled != wanted.isEnabled else { return 0 }
        mapping.settings = wanted.settings
        mapping.isEnabled = wanted.isEnabled
        // The engine does not run yet, so a transition that a crash cut off may be redirected; only a mapping that
        // has never run keeps its state, because its starting position still has to be applied.
        if mapping.state != .creating { mapping.state = .updating }
        mapping.modifiedAt = writer.now
        try writer.updateMapping(mapping)
        return 1
    }

    private static func mapping(
        _ wanted: TemplatePlan.Mapping, source: ARN, now: Timestamp
    ) -> EventSourceMapping {
        let isStream = wanted.settings.stream != nil
        return EventSourceMapping(
            id: RandomBytes.uuid(), location: Location(), source: source, functionARN: wanted.functionARN,
            settings: wanted.settings, state: .creating, isEnabled: wanted.isEnabled,
            stateTransitionReason: isStream ? "User action" : "USER_INITIATED",
            lastProcessingResult: isStream ? "No records processed" : nil, modifiedAt: now)
    }

    private func existing(_ wanted: TemplatePlan.Mapping, _ snapshot: CatalogSnapshot) -> EventSourceMapping?
    {
        guard let source = source(of: wanted, snapshot) else { return nil }
        return snapshot.mappings.first {
            $0.source == source && $0.functionARN == wanted.functionARN && $0.state != .deleting
        }
    }

    private func source(of wanted: TemplatePlan.Mapping, _ snapshot: CatalogSnapshot) -> ARN? {
        switch wanted.source {
        case .resource(let arn): return arn
        case .late(let late): return Self.arn(late, snapshot)
        }
    }

    /// What is known once everything is made.
    static func arn(_ late: TemplatePlan.LateARN, _ snapshot: CatalogSnapshot) -> ARN? {
        switch late {
        case .tableStream(let name):
            let table = snapshot.table(named: name, in: Location())
            return table?.latestStream.flatMap { snapshot.stream($0) }?.arn
        case .consumer(let arn, let name):
            guard let stream = snapshot.stream(arn) else { return nil }
            return stream.settings.consumers.first { $0.name == name }?.arn(in: stream)
        }
    }
}
