import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func describeStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit")
        let start = try arguments.string("ExclusiveStartShardId")
        var constraints = Constraints()
        constraints.range(limit, at: "limit", 1...KinesisLimits.listResults)
        constraints.name(start, at: "exclusiveStartShardId")
        try constraints.check()
        let stream = try stream(of: arguments, call)
        let rest = stream.shards[...].drop { shard in start.map { shard.id <= $0 } ?? false }
        let page = rest.prefix(min(limit ?? KinesisLimits.describedShards, KinesisLimits.describedShards))
        var json = JSONWriter(capacity: 512 + page.count * 256)
        json.beginObject()
        json.key("StreamDescription")
        json.beginObject()
        json.identity(of: stream)
        json.settings(of: stream)
        json.key("Shards")
        json.beginArray()
        for shard in page { json.shard(shard, of: stream) }
        json.endArray()
        json.key("HasMoreShards")
        json.value(page.count < rest.count)
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func describeStreamSummary(_ call: ServiceCall) throws(AWSError) {
        let stream = try stream(of: try CallArguments(parsing: call.body), call)
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("StreamDescriptionSummary")
        json.beginObject()
        json.identity(of: stream)
        json.settings(of: stream)
        json.key("OpenShardCount")
        json.value(stream.shards.count(where: \.isOpen))
        json.key("ConsumerCount")
        json.value(stream.settings.consumers.count)
        json.key("MaxRecordSizeInKiB")
        json.value(stream.settings.maxRecordKiB)
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

extension JSONWriter {
    /// What lists and descriptions of streams have in common.
    mutating func identity(of stream: StreamDefinition) {
        key("StreamName")
        value(stream.name)
        key("StreamARN")
        value(stream.arn.description)
        key("StreamStatus")
        value("ACTIVE")
        key("StreamModeDetails")
        beginObject()
        key("StreamMode")
        value(stream.isOnDemand ? "ON_DEMAND" : "PROVISIONED")
        endObject()
        key("StreamCreationTimestamp")
        value(thousandths: stream.createdAt.millisecondsSinceEpoch)
    }

    fileprivate mutating func settings(of stream: StreamDefinition) {
        key("RetentionPeriodHours")
        value(stream.retentionHours)
        key("EnhancedMonitoring")
        beginArray()
        beginObject()
        texts("ShardLevelMetrics", stream.settings.shardLevelMetrics)
        endObject()
        endArray()
        key("EncryptionType")
        value(stream.settings.keyID == nil ? "NONE" : "KMS")
        key("KeyId")
        if let keyID = stream.settings.keyID { value(keyID) } else { null() }
    }

    mutating func texts(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    mutating func shard(_ shard: ShardDefinition, of stream: StreamDefinition) {
        beginObject()
        key("ShardId")
        value(shard.id)
        if let parent = shard.parent.flatMap({ stream.shard($0) }) {
            key("ParentShardId")
            value(parent.id)
        }
        if let parent = shard.adjacentParent.flatMap({ stream.shard($0) }) {
            key("AdjacentParentShardId")
            value(parent.id)
        }
        hashKeyRange(shard.hashKeys)
        let numbers = SequenceNumber(shard: shard, of: stream)
        key("SequenceNumberRange")
        beginObject()
        key("StartingSequenceNumber")
        value(numbers.text(0, arrival: shard.createdAt))
        if shard.endingPosition != nil {
            key("EndingSequenceNumber")
            value(numbers.text(SequenceNumber.endPosition, arrival: shard.createdAt))
        }
        endObject()
        endObject()
    }
}

extension StreamDefinition {
    /// True for a stream that takes care of its shards itself.
    var isOnDemand: Bool {
        switch kind {
        case .kinesis(let isOnDemand): isOnDemand
        case .table: preconditionFailure("Kinesis finds streams of its own only")
        }
    }
}
