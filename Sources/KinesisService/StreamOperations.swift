import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func createStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        try arguments.refuse(["Tags", "WarmThroughputMiBps"], of: "CreateStream")
        if let size = try arguments.int("MaxRecordSizeInKiB"), size != KinesisLimits.recordBytes / 1_024 {
            throw .notSupported(
                parameter: "MaxRecordSizeInKiB", operation: "CreateStream",
                note: "Records hold up to 1024 KiB.")
        }
        let name = try arguments.string("StreamName")
        let shardCount = try arguments.int("ShardCount")
        let mode = try arguments.object("StreamModeDetails")?.string("StreamMode") ?? "PROVISIONED"
        var constraints = Constraints()
        constraints.required(name != nil, "streamName")
        constraints.name(name, at: "streamName")
        constraints.choice(mode, at: "streamModeDetails.streamMode", ["PROVISIONED", "ON_DEMAND"])
        if let shardCount, shardCount < 1 {
            constraints.note(
                "\(shardCount)", at: "shardCount", "Member must have value greater than or equal to 1")
        }
        try constraints.check()
        let isOnDemand = mode == "ON_DEMAND"
        let count = try Self.shardCount(shardCount, isOnDemand: isOnDemand, call.location)
        create(name ?? "", isOnDemand: isOnDemand, shardCount: count, call)
    }

    private static func shardCount(
        _ given: Int?, isOnDemand: Bool, _ location: Location
    ) throws(AWSError) -> Int {
        switch (given, isOnDemand) {
        case (nil, true): return KinesisLimits.onDemandShards
        case (.some, true):
            throw .invalidArgument("ShardCount must not be given for a stream of mode ON_DEMAND.")
        case (nil, false):
            throw .invalidArgument("ShardCount must be given for a stream of mode PROVISIONED.")
        case (.some(let count), false):
            guard count <= KinesisLimits.shardsOfStream else { throw .shardLimit(count, location) }
            return count
        }
    }

    private func create(_ name: String, isOnDemand: Bool, shardCount: Int, _ call: ServiceCall) {
        let location = call.location
        submit(call) { writer throws(StoreError) -> Bool in
            guard writer.catalog.stream(named: name, in: location) == nil else { return false }
            _ = try writer.createStream(
                name: name, location: location, isOnDemand: isOnDemand, shardCount: shardCount,
                retentionHours: KinesisLimits.retentionHours)
            return true
        } then: { isNew in
            if isNew { call.succeed() } else { call.fail(.streamExists(name, location.account)) }
        }
    }

    func deleteStream(_ call: ServiceCall) throws(AWSError) {
        // Consumers are not there yet, so EnforceConsumerDeletion has nothing to enforce.
        let stream = try stream(of: try CallArguments(parsing: call.body), call)
        submit(call) { writer throws(StoreError) in
            guard writer.catalog.stream(stream.key) != nil else { return }
            try writer.deleteStream(stream.key)
        } then: {
            call.succeed()
        }
    }
}

// MARK: - Describing

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
        json.value(0)
        json.key("MaxRecordSizeInKiB")
        json.value(KinesisLimits.recordBytes / 1_024)
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func listStreams(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit")
        var constraints = Constraints()
        constraints.range(limit, at: "limit", 1...KinesisLimits.listResults)
        try constraints.check()
        var start = try arguments.string("ExclusiveStartStreamName")
        if let token = try arguments.string("NextToken") {
            start = Base64.decode(token).flatMap { String(validating: $0, as: UTF8.self) }
            guard start != nil else { throw .invalidArgument("Invalid NextToken.") }
        }
        let streams = store.catalog.snapshot.kinesisStreams(in: call.location)
        let rest = streams[...].drop { stream in start.map { stream.name <= $0 } ?? false }
        let page = rest.prefix(limit ?? KinesisLimits.listedStreams)
        var json = JSONWriter()
        json.beginObject()
        json.key("StreamNames")
        json.beginArray()
        for stream in page { json.value(stream.name) }
        json.endArray()
        json.key("StreamSummaries")
        json.beginArray()
        for stream in page {
            json.beginObject()
            json.identity(of: stream)
            json.endObject()
        }
        json.endArray()
        json.key("HasMoreStreams")
        json.value(page.count < rest.count)
        if page.count < rest.count, let last = page.last {
            json.key("NextToken")
            json.value(Base64.encode(Array(last.name.utf8)))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

extension JSONWriter {
    /// What lists and descriptions of streams have in common.
    fileprivate mutating func identity(of stream: StreamDefinition) {
        let isOnDemand =
            switch stream.kind {
            case .kinesis(let isOnDemand): isOnDemand
            case .table: preconditionFailure("Kinesis finds streams of its own only")
            }
        key("StreamName")
        value(stream.name)
        key("StreamARN")
        value(stream.arn.description)
        key("StreamStatus")
        value("ACTIVE")
        key("StreamModeDetails")
        beginObject()
        key("StreamMode")
        value(isOnDemand ? "ON_DEMAND" : "PROVISIONED")
        endObject()
        key("StreamCreationTimestamp")
        value(thousandths: stream.createdAt.millisecondsSinceEpoch)
    }

    fileprivate mutating func settings(of stream: StreamDefinition) {
        key("RetentionPeriodHours")
        value(stream.retentionHours)
        key("EnhancedMonitoring")
        raw(#"[{"ShardLevelMetrics":[]}]"#)
        key("EncryptionType")
        value("NONE")
        key("KeyId")
        null()
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
