import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    /// Bounds of this Millrace, not those of an AWS account.
    func describeLimits(_ call: ServiceCall) {
        let streams = store.catalog.snapshot.kinesisStreams(in: call.location)
        let open = streams.reduce(0) { $0 + $1.shards.count(where: \.isOpen) }
        var json = JSONWriter()
        json.beginObject()
        json.key("ShardLimit")
        json.value(KinesisLimits.shardsOfAccount)
        json.key("OpenShardCount")
        json.value(open)
        json.key("OnDemandStreamCount")
        json.value(streams.count(where: \.isOnDemand))
        json.key("OnDemandStreamCountLimit")
        json.value(KinesisLimits.onDemandStreams)
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// The one setting that accounts have is a way of being billed, and it is off.
    func describeAccountSettings(_ call: ServiceCall) {
        var json = JSONWriter()
        json.beginObject()
        json.key("MinimumThroughputBillingCommitment")
        json.beginObject()
        json.key("Status")
        json.value("DISABLED")
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
