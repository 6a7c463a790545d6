import EventModel
import EventStore
import Template

// MARK: - Streams and their consumers

extension PlanSteps {
    /// Consumers of one stream (Kinesis developer guide, quotas).
    private static let consumersOfStream = 20

    func apply(_ wanted: TemplatePlan.Stream, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard var stream = writer.catalog.stream(named: wanted.name, in: Location()) else {
            var settings = StreamSettings()
            settings.maxRecordKiB = wanted.maxRecordKiB
            settings.tags = wanted.tags
            _ = try writer.createStream(
                name: wanted.name, location: Location(), isOnDemand: wanted.isOnDemand,
                shardCount: wanted.shardCount, retentionHours: wanted.retentionHours, settings: settings)
            return 1
        }
        let before = stream
        stream.kind = .kinesis(isOnDemand: wanted.isOnDemand)
        stream.retentionHours = wanted.retentionHours
        stream.settings.maxRecordKiB = wanted.maxRecordKiB
        stream.settings.tags = wanted.tags
        if stream != before { try writer.updateStream(stream) }
        // Whoever has split or merged shards knows better than the template what the load is (decision 0052).
        let wasResharded = stream.shards.contains { $0.parent != nil }
        guard !wanted.isOnDemand, !wasResharded, stream.shards.count != wanted.shardCount else {
            return stream == before ? 0 : 1
        }
        _ = try writer.updateShardCount(of: stream.key, to: wanted.shardCount)
        return 1
    }

    func checkConsumers(_ snapshot: CatalogSnapshot) throws(StoreError) {
        let declared = Set(plan.streams.map { Location().arn("kinesis", "stream/\($0.name)") })
        for consumer in plan.consumers {
            let stream = snapshot.stream(consumer.stream)
            guard declared.contains(consumer.stream) || stream != nil else {
                throw .notFound("\(consumer.origin): the stream \(consumer.stream)")
            }
            let names = (stream?.settings.consumers ?? []).map(\.name)
            let wanted = plan.consumers.filter { $0.stream == consumer.stream }.map(\.name)
            guard Set(names + wanted).count <= Self.consumersOfStream else {
                throw .limit(
                    "\(consumer.origin): a stream can have \(Self.consumersOfStream) registered consumers.")
            }
        }
    }

    /// A consumer that is there stays the one that it is, with its ARN.
    func apply(_ wanted: TemplatePlan.Consumer, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard var stream = writer.catalog.stream(wanted.stream) else {
            throw .notFound("\(wanted.origin): the stream \(wanted.stream)")
        }
        if let place = stream.settings.consumers.firstIndex(where: { $0.name == wanted.name }) {
            guard stream.settings.consumers[place].tags != wanted.tags else { return 0 }
            stream.settings.consumers[place].tags = wanted.tags
        } else {
            stream.settings.consumers.append(
                StreamConsumer(name: wanted.name, createdAt: writer.now, tags: wanted.tags))
        }
        try writer.updateStream(stream)
        return 1
    }
}
