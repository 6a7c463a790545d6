import EventModel

/// Queues, streams and tables.
enum SourceResources {
    static func queue(_ reader: PropertyReader, name: String) -> TemplatePlan.Queue {
        var attributes = QueueAttributes()
        reader.accept("QueueName")
        if reader.boolean("FifoQueue") == true || name.hasSuffix(".fifo") {
            reader.problems.add(
                reader.place,
                "FIFO queues are not supported yet; leave out FifoQueue and the .fifo of the name.")
        }
        for key in ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] {
            reader.refuse(key, "it belongs to FIFO queues, which are not supported yet")
        }
        reader.refuse("RedriveAllowPolicy", "every queue may use a queue as its dead-letter queue")
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
        let tags = reader.tags("Tags")
        reader.finish()
        return TemplatePlan.Queue(name: name, attributes: attributes, tags: tags)
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
        let tags = reader.tags("Tags")
        reader.finish()
        return TemplatePlan.Stream(
            name: name, shardCount: isOnDemand ? 4 : shards ?? 1, isOnDemand: isOnDemand,
            retentionHours: retention,
            tags: tags)
    }
}

// MARK: - Tables

extension SourceResources {
    static func table(_ reader: PropertyReader, name: String) -> TemplatePlan.Table? {
        reader.accept("TableName")
        let types = attributeTypes(reader)
        let keys = keySchema(reader, types)
        let isOnDemand =
            reader.choice("BillingMode", of: ["PAY_PER_REQUEST", "PROVISIONED"]) == "PAY_PER_REQUEST"
        let throughput = reader.object("ProvisionedThroughput")
        let reads = throughput?.integer("ReadCapacityUnits", in: 1...Int.max)
        let writes = throughput?.integer("WriteCapacityUnits", in: 1...Int.max)
        throughput?.finish()
        if !isOnDemand, !reader.has("ProvisionedThroughput") {
            reader.problems.add(
                reader.place,
                "AWS::DynamoDB::Table needs ProvisionedThroughput, or BillingMode PAY_PER_REQUEST.")
        }
        let view = streamView(reader)
        let isProtected = reader.boolean("DeletionProtectionEnabled") ?? false
        for key in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            reader.refuse(key, "tables are kept for their streams and have no indexes")
        }
        reader.refuse("TimeToLiveSpecification", "items do not expire yet")
        let tags = reader.tags("Tags")
        reader.finish()
        guard let hash = keys["HASH"] else { return nil }
        return TemplatePlan.Table(
            name: name, hashKey: hash, rangeKey: keys["RANGE"], isOnDemand: isOnDemand,
            readCapacityUnits: isOnDemand ? 0 : reads ?? 1, writeCapacityUnits: isOnDemand ? 0 : writes ?? 1,
            isDeletionProtected: isProtected, streamView: view, tags: tags)
    }

    private static func attributeTypes(_ reader: PropertyReader) -> [String: String] {
        var types: [String: String] = [:]
        for element in reader.list("AttributeDefinitions") ?? [] {
            let definition = PropertyReader(element, what: "AttributeDefinitions", problems: reader.problems)
            let name = definition.required("AttributeName")
            let type = definition.choice("AttributeType", of: ["S", "N", "B"])
            definition.finish()
            if let name, let type { types[name] = type }
        }
        return types
    }

    private static func keySchema(
        _ reader: PropertyReader, _ types: [String: String]
    ) -> [String: TableDefinition.KeyAttribute] {
        var keys: [String: TableDefinition.KeyAttribute] = [:]
        for element in reader.list("KeySchema") ?? [] {
            let schema = PropertyReader(element, what: "KeySchema", problems: reader.problems)
            let name = schema.required("AttributeName")
            let role = schema.choice("KeyType", of: ["HASH", "RANGE"])
            schema.finish()
            guard let name, let role else { continue }
            guard let type = types[name] else {
                reader.problems.add(element.place, "AttributeDefinitions has no type for the key \(name).")
                continue
            }
            keys[role] = TableDefinition.KeyAttribute(name: name, type: type)
        }
        if keys["HASH"] == nil {
            reader.problems.add(reader.place, "AWS::DynamoDB::Table needs a KeySchema with a HASH key.")
        }
        for name in types.keys.sorted() where !keys.values.contains(where: { $0.name == name }) {
            reader.problems.add(reader.place, "AttributeDefinitions holds \(name), which is no key.")
        }
        return keys
    }

    private static func streamView(_ reader: PropertyReader) -> StreamView? {
        guard let specification = reader.object("StreamSpecification") else { return nil }
        let views: [StreamView] = [.keysOnly, .newImage, .oldImage, .newAndOldImages]
        let text = specification.choice("StreamViewType", of: views.map(\.rawValue))
        if !specification.has("StreamViewType") {
            specification.problems.add(specification.place, "StreamSpecification needs StreamViewType.")
        }
        specification.finish()
        return text.flatMap(StreamView.init(rawValue:))
    }
}
