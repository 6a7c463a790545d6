import AWSWire
import EventModel
import EventStore

extension KinesisService {
    func createStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        try arguments.refuse(["WarmThroughputMiBps"], of: "CreateStream")
        let name = try arguments.string("StreamName")
        let shardCount = try arguments.int("ShardCount")
        let recordSize = try arguments.int("MaxRecordSizeInKiB")
        let mode = try arguments.object("StreamModeDetails")?.string("StreamMode") ?? "PROVISIONED"
        let distribution = try arguments.string("RecordDistributionStrategy")
        let tags = try arguments.tags("Tags")
        var constraints = Constraints()
        constraints.required(name != nil, "streamName")
        constraints.name(name, at: "streamName")
        constraints.choice(mode, at: "streamModeDetails.streamMode", KinesisLimits.streamModes)
        constraints.range(recordSize, at: "maxRecordSizeInKiB", KinesisLimits.recordKiB)
        constraints.choice(
            distribution, at: "recordDistributionStrategy", ["AUTO", "USER_PARTITION_KEY"])
        constraints.tags(tags, at: "tags", isRequired: false)
        if let shardCount, shardCount < 1 {
            constraints.note(
                "\(shardCount)", at: "shardCount", "Member must have value greater than or equal to 1")
        }
        try constraints.check()
        let isOnDemand = mode == "ON_DEMAND"
        try Self.check(distribution, isOnDemand: isOnDemand)
        let count = try Self.shardCount(shardCount, isOnDemand: isOnDemand, call.location)
        var settings = StreamSettings()
        settings.maxRecordKiB = recordSize ?? settings.maxRecordKiB
        try TagRules.add(tags ?? [], to: &settings.tags, of: "stream \(name ?? "")", call.location.account)
        create(name ?? "", isOnDemand: isOnDemand, shardCount: count, settings, call)
    }

    private static func check(_ distribution: String?, isOnDemand: Bool) throws(AWSError) {
        guard distribution == "AUTO" else { return }
        guard isOnDemand else {
            throw .invalidArgument(
                "RecordDistributionStrategy AUTO is only supported for streams of mode ON_DEMAND.")
        }
        throw .notSupported(
            parameter: "RecordDistributionStrategy", operation: "CreateStream",
            note: "Records go where their partition keys lead.")
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

    private func create(
        _ name: String, isOnDemand: Bool, shardCount: Int, _ settings: StreamSettings, _ call: ServiceCall
    ) {
        let location = call.location
        submit(call) { writer throws(StoreError) -> AWSError? in
            guard writer.catalog.stream(named: name, in: location) == nil else {
                return .streamExists(name, location.account)
            }
            let streams = writer.catalog.kinesisStreams(in: location)
            if isOnDemand, streams.count(where: \.isOnDemand) >= KinesisLimits.onDemandStreams {
                return .onDemandLimit(location)
            }
            let open = streams.reduce(0) { $0 + $1.shards.count(where: \.isOpen) }
            guard open + shardCount <= KinesisLimits.shardsOfAccount else {
                return .shardLimit(shardCount, location)
            }
            _ = try writer.createStream(
                name: name, location: location, isOnDemand: isOnDemand, shardCount: shardCount,
                retentionHours: KinesisLimits.retentionHours, settings: settings)
            return nil
        } then: { refusal in
            if let refusal { call.fail(refusal) } else { call.succeed() }
        }
    }
}
