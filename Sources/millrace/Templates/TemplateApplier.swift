import Digest
import EventModel
import EventStore
import Telemetry
import Template

/// Makes the store hold what the templates ask for; what is already so is left alone.
struct TemplateApplier {
    let store: EventStore
    let endpoint: String
    let configuration: ServeConfiguration
    let logger: Logger

    /// Reads every template before the first one is applied, so that a problem in any of them changes nothing.
    func applyAll() throws(DaemonError) {
        guard !configuration.templates.isEmpty else { return }
        let context = TemplateContext(
            parameters: configuration.templateParameters, endpoint: endpoint, now: RealClock.now())
        let step: PlanSteps
        do {
            step = PlanSteps(plan: try TemplateReader.plan(files: configuration.templates, context: context))
        } catch {
            throw DaemonError("the template cannot be applied; nothing was changed.\n\(error)")
        }
        do {
            // One operation, one transaction: all of it or nothing.
            let changed = try store.perform { writer throws(StoreError) in
                try step.check(writer)
                do throws(StoreError) {
                    return try step.apply(writer)
                } catch {
                    // What the check could not foresee, such as a bound that is reached on the way.
                    throw writer.abandonGroup(because: error)
                }
            }
            logger.log(
                .info, "templates applied",
                [
                    "files": .integer(Int64(configuration.templates.count)),
                    "changed": .integer(Int64(changed)),
                ])
        } catch {
            throw DaemonError("the template cannot be applied; nothing was changed. \(error)")
        }
    }
}

/// One plan against the store. Runs on the writer thread, inside one transaction.
struct PlanSteps: Sendable {
    let plan: TemplatePlan

    /// Refuses what cannot become so without losing what is there, before anything is written.
    func check(_ writer: StoreWriter) throws(StoreError) {
        let snapshot = writer.catalog
        for wanted in plan.tables {
            guard let table = snapshot.table(named: wanted.name, in: Location()) else { continue }
            guard table.hashKey == wanted.hashKey, table.rangeKey == wanted.rangeKey else {
                throw .conflict(
                    "Table \(wanted.name) exists with another key schema, which cannot be changed. Delete it first."
                )
            }
            guard table.indexes == wanted.indexes else {
                throw .conflict(
                    "Table \(wanted.name) exists with other indexes; changing them is not supported yet. Delete it first."
                )
            }
        }
        for name in plan.buckets {
            guard let bucket = snapshot.bucket(named: name), bucket.location != Location() else { continue }
            throw .conflict("Bucket \(name) exists in the region \(bucket.location.region).")
        }
        try checkRedrive(snapshot)
        try checkConsumers(snapshot)
        try checkMappings(snapshot)
        try checkTopics(snapshot)
        _ = try identityChanges(snapshot, now: writer.now, isCheck: true)
    }

    /// Returns how many definitions were created or changed.
    func apply(_ writer: StoreWriter) throws(StoreError) -> Int {
        var changed = 0
        for queue in plan.queues { changed += try apply(queue, writer) }
        for stream in plan.streams { changed += try apply(stream, writer) }
        for consumer in plan.consumers { changed += try apply(consumer, writer) }
        for table in plan.tables { changed += try apply(table, writer) }
        for bucket in plan.buckets where writer.catalog.bucket(named: bucket) == nil {
            _ = try writer.createBucket(bucket, in: Location())
            changed += 1
        }
        for topic in plan.topics { changed += try apply(topic, writer) }
        for subscription in plan.subscriptions { changed += try apply(subscription, writer) }
        let identities = try identityChanges(writer.catalog, now: writer.now, isCheck: false)
        for change in identities { changed += try apply(change, writer) }
        for policy in plan.queuePolicies { changed += try apply(policy, writer) }
        for policy in plan.topicPolicies { changed += try apply(policy, writer) }
        for function in plan.functions { changed += try apply(function, writer) }
        for mapping in plan.mappings { changed += try apply(mapping, writer) }
        return changed
    }

    /// A policy that the template does not say stays as it is; it is declared on its own (`queuePolicies`).
    private func apply(_ wanted: TemplatePlan.Queue, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard let queue = writer.catalog.queue(named: wanted.name, in: Location()) else {
            _ = try writer.createQueue(
                name: wanted.name, location: Location(), attributes: wanted.attributes, tags: wanted.tags)
            return 1
        }
        var attributes = wanted.attributes
        attributes.bookkeeping["Policy"] = queue.attributes.bookkeeping["Policy"]
        guard queue.attributes != attributes || queue.tags != wanted.tags else { return 0 }
        _ = try writer.updateQueue(queue.key, attributes: attributes, tags: wanted.tags)
        return 1
    }

    private func apply(_ wanted: TemplatePlan.Table, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard var table = writer.catalog.table(named: wanted.name, in: Location()) else {
            let made = try writer.createTable(
                Self.definition(wanted, now: writer.now), view: wanted.streamView)
            // A new table begins without expiry.
            guard let attribute = wanted.timeToLiveAttribute else { return 1 }
            var expiring = made
            expiring.timeToLiveAttribute = attribute
            _ = try writer.updateTable(expiring)
            return 1
        }
        let before = table
        table.isOnDemand = wanted.isOnDemand
        table.readCapacityUnits = wanted.readCapacityUnits
        table.writeCapacityUnits = wanted.writeCapacityUnits
        table.isDeletionProtected = wanted.isDeletionProtected
        table.tags = wanted.tags
        table.timeToLiveAttribute = wanted.timeToLiveAttribute
        var changed = 0
        if table != before {
            _ = try writer.updateTable(table)
            changed = 1
        }
        return max(changed, try applyStream(wanted.streamView, of: table, writer))
    }

    private func applyStream(
        _ view: StreamView?, of table: TableDefinition, _ writer: StoreWriter
    ) throws(StoreError) -> Int {
        let latest = table.latestStream.flatMap { writer.catalog.stream($0) }
        var current: StreamView?
        if let latest, latest.isEnabled, case .table(_, _, let shown, _) = latest.kind { current = shown }
        guard current != view else { return 0 }
        if current != nil { _ = try writer.disableStream(of: table.key) }
        if let view { _ = try writer.enableStream(of: table.key, view: view) }
        return 1
    }

    private static func definition(_ wanted: TemplatePlan.Table, now: Timestamp) -> TableDefinition {
        var table = TableDefinition(
            key: TableKey(rawValue: 0), id: RandomBytes.uuid(), name: wanted.name, location: Location(),
            hashKey: wanted.hashKey, rangeKey: wanted.rangeKey, isOnDemand: wanted.isOnDemand,
            readCapacityUnits: wanted.readCapacityUnits, writeCapacityUnits: wanted.writeCapacityUnits,
            isDeletionProtected: wanted.isDeletionProtected, tags: wanted.tags, createdAt: now,
            latestStream: nil)
        table.indexes = wanted.indexes
        return table
    }

    private func apply(_ wanted: FunctionDefinition, _ writer: StoreWriter) throws(StoreError) -> Int {
        if var stored = writer.catalog.function(named: wanted.name, in: wanted.location) {
            stored.modifiedAt = wanted.modifiedAt
            stored.revisionID = wanted.revisionID
            if stored == wanted { return 0 }
        }
        // Code and settings become what the template says, whatever the API has made of them; versions, aliases and the
        // rest stay.
        var function = wanted
        function.revisionID = RandomBytes.uuid()
        try writer.putFunction(function)
        return 1
    }
}
