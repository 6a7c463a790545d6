import EventModel

/// Queues and streams.
enum SourceResources {
    static func queue(_ reader: PropertyReader, name: String) -> TemplatePlan.Queue {
        var attributes = QueueAttributes()
        reader.accept("QueueName")
        attributes.fifo = fifo(reader, name: name)
        attributes.delaySeconds = reader.integer("DelaySeconds", in: 0...900) ?? attributes.delaySeconds
        attributes.visibilityTimeoutSeconds =
            reader.integer("VisibilityTimeout", in: 0...Limits.visibilityTimeoutSeconds)
            ?? attributes.visibilityTimeoutSeconds
        attributes.receiveWaitTimeSeconds =
            reader.integer("ReceiveMessageWaitTimeSeconds", in: 0...20) ?? attributes.receiveWaitTimeSeconds
        attributes.retentionSeconds =
            reader.integer("MessageRetentionPeriod", in: 60...1_209_600) ?? attributes.retentionSeconds
        attributes.maximumMessageBytes =
            reader.integer("MaximumMessageSize", in: 1_024...1_048_576) ?? attributes.maximumMessageBytes
        for key in ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"] {
            if let text = reader.text(key) { attributes.bookkeeping[key] = text }
        }
        attributes.redrive = redrive(reader)
        if let text = redriveAllowance(reader) { attributes.bookkeeping["RedriveAllowPolicy"] = text }
        let tags = reader.tags("Tags")
        reader.finish()
        return TemplatePlan.Queue(name: name, attributes: attributes, tags: tags)
    }

    private static func redriveAllowance(_ reader: PropertyReader) -> String? {
        guard let text = reader.json("RedriveAllowPolicy") else { return nil }
        guard RedriveAllowance(text) != nil else {
            reader.problems.add(
                reader.value("RedriveAllowPolicy")?.place ?? reader.place,
                "RedriveAllowPolicy of \(reader.what) needs redrivePermission allowAll, denyAll, or byQueue with 1 to 10 "
                    + "ARNs of queues in sourceQueueArns.")
            return nil
        }
        return text
    }

    /// What a FIFO queue has more; `nil` for a standard one.
    private static func fifo(_ reader: PropertyReader, name: String) -> FIFOSettings? {
        let isFIFO = reader.boolean("FifoQueue") ?? false
        guard isFIFO else {
            if name.hasSuffix(".fifo") {
                reader.problems.add(reader.place, "A name that ends with .fifo needs FifoQueue: true.")
            }
            for key in ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] {
                reader.refuse(key, "it belongs to FIFO queues; FifoQueue: true makes one")
            }
            return nil
        }
        if !name.hasSuffix(".fifo") {
            reader.problems.add(reader.place, "The name of a FIFO queue has to end with .fifo.")
        }
        var settings = FIFOSettings()
        settings.contentBasedDeduplication =
            reader.boolean("ContentBasedDeduplication") ?? settings.contentBasedDeduplication
        let scopes = FIFOSettings.DeduplicationScope.allCases.map(\.rawValue)
        let scope = reader.choice("DeduplicationScope", of: scopes).flatMap {
            FIFOSettings.DeduplicationScope(rawValue: $0)
        }
        let limits = FIFOSettings.ThroughputLimit.allCases.map(\.rawValue)
        let limit = reader.choice("FifoThroughputLimit", of: limits).flatMap {
            FIFOSettings.ThroughputLimit(rawValue: $0)
        }
        settings.deduplicationScope = scope ?? settings.deduplicationScope
        settings.throughputLimit = limit ?? settings.throughputLimit
        if settings.throughputLimit == .perMessageGroupID, settings.deduplicationScope != .messageGroup {
            reader.problems.add(
                reader.place, "FifoThroughputLimit perMessageGroupId needs DeduplicationScope messageGroup.")
        }
        return settings
    }

    private static func redrive(_ reader: PropertyReader) -> RedrivePolicy? {
        guard let policy = reader.object("RedrivePolicy") else { return nil }
        let target = policy.required("deadLetterTargetArn")
        if !policy.has("maxReceiveCount") {
            policy.problems.add(policy.place, "RedrivePolicy needs maxReceiveCount.")
        }
        let count = policy.integer("maxReceiveCount", in: 1...1_000)
        policy.finish()
        guard let target, let count else { return nil }
        guard let arn = ARN(target), arn.service == "sqs" else {
            policy.problems.add(
                policy.place, "deadLetterTargetArn has to be the ARN of a queue, but is '\(target)'.")
            return nil
        }
        return RedrivePolicy(deadLetterTarget: arn, maxReceiveCount: count)
    }

    static func stream(_ reader: PropertyReader, name: String) -> TemplatePlan.Stream {
        reader.accept("Name")
        let mode = reader.object("StreamModeDetails")
        let isOnDemand = mode?.choice("StreamMode", of: ["ON_DEMAND", "PROVISIONED"]) == "ON_DEMAND"
        mode?.finish()
        let shards = reader.integer("ShardCount", in: 1...10_000)
        if isOnDemand, reader.has("ShardCount") {
            reader.problems.add(reader.place, "ShardCount cannot be set for an ON_DEMAND stream.")
        } else if !isOnDemand, !reader.has("ShardCount") {
            // AWS makes a stream without a count on-demand only when asked for it by StreamModeDetails.
            reader.problems.add(
                reader.place, "AWS::Kinesis::Stream needs ShardCount, or StreamMode ON_DEMAND.")
        }
        let retention = reader.integer("RetentionPeriodHours", in: 24...8_760) ?? 24
        reader.refuse("StreamEncryption", "records are kept as they are in the data directory")
        let size = reader.integer("MaxRecordSizeInKiB", in: 1_024...10_240) ?? 1_024
        let tags = reader.tags("Tags")
        reader.finish()
        return TemplatePlan.Stream(
            name: name, shardCount: isOnDemand ? 4 : shards ?? 1, isOnDemand: isOnDemand,
            retentionHours: retention, maxRecordKiB: size, tags: tags)
    }

    static func consumer(
        _ reader: PropertyReader, name: String, origin: String
    ) -> TemplatePlan.Consumer? {
        reader.accept("ConsumerName")
        let text = reader.required("StreamARN")
        let tags = reader.tags("Tags")
        reader.finish()
        guard let text else { return nil }
        guard let arn = ARN(text), case .kinesisStream? = MappingSource(arn) else {
            reader.problems.add(
                reader.value("StreamARN")?.place ?? reader.place,
                "StreamARN of \(reader.what) has to be the ARN of a Kinesis stream, but is '\(text)'.")
            return nil
        }
        return TemplatePlan.Consumer(name: name, stream: arn, tags: tags, origin: origin)
    }
}
