import ByteCoding
import Digest
import EventModel
import MappingCore

/// What became of an event at one target.
enum TargetOutcome {
    case delivered
    /// For good.
    case refused(code: String, reason: String)
    /// For now.
    case busy(reason: String)
}

extension StoreWriter {
    /// Gives a target what it gets of an event. Writes nothing unless it is delivered.
    func send(_ event: EventOnItsWay, to target: RuleTarget, of rule: EventRuleID) throws(StoreError)
        -> TargetOutcome
    {
        if target.arn.service == "events" { return try send(event, toBus: target.arn) }
        let text = TargetText(of: event.document, event.tree, for: rule, now: now).bytes(target.input)
        switch target.arn.service {
        case "sqs": return try send(text, toQueue: target)
        case "sns": return try send(text, toTopic: target.arn)
        case "kinesis": return try send(text, toStream: target, key: event.partitionKey(target))
        case "lambda": return try send(text, toFunction: target.arn, rule)
        default: return .refused(code: "NO_RESOURCE", reason: "\(target.arn) is no target of a rule")
        }
    }

    private func send(_ event: EventOnItsWay, toBus arn: ARN) throws(StoreError) -> TargetOutcome {
        guard let bus = EventBusID(arn), catalog.eventBus(bus) != nil else {
            return .refused(code: "NO_RESOURCE", reason: "Event bus \(arn.resource) does not exist.")
        }
        // A further hop is not an error: such an event is simply not sent on.
        guard event.hops < EventLimits.busesPerEvent else { return .delivered }
        try forward(event, to: bus)
        return .delivered
    }

    private func send(_ text: [UInt8], toQueue target: RuleTarget) throws(StoreError) -> TargetOutcome {
        guard let queue = catalog.queue(target.arn) else {
            return .refused(code: "NO_RESOURCE", reason: "The queue \(target.arn.resource) does not exist.")
        }
        guard !text.isEmpty, text.count <= queue.attributes.maximumMessageBytes else {
            return .refused(
                code: "INVALID_PARAMETER",
                reason: "The queue takes 1 to \(queue.attributes.maximumMessageBytes) bytes.")
        }
        var batch = MessageBatch()
        batch.append(body: text, md5: publishing.hasher.hash(text).value)
        if let fifo = queue.attributes.fifo {
            guard fifo.contentBasedDeduplication else {
                return .refused(
                    code: "INVALID_PARAMETER",
                    reason: "The queue should have ContentBasedDeduplication enabled.")
            }
            batch.group(Array((target.messageGroupID ?? "").utf8), Hex.encode(SHA256.hash(text)))
        }
        do throws(StoreError) {
            _ = try send(batch, to: queue.key)
            return .delivered
        } catch {
            // Too many deduplication IDs of the last minutes; it has not written then.
            guard case .limit(let reason) = error else { throw error }
            return .busy(reason: reason)
        }
    }

    private func send(_ text: [UInt8], toTopic arn: ARN) throws(StoreError) -> TargetOutcome {
        guard !text.isEmpty, text.count <= SubscriptionLimits.messageBytes else {
            return .refused(
                code: "INVALID_PARAMETER",
                reason: "A topic takes 1 to \(SubscriptionLimits.messageBytes) bytes.")
        }
        switch try publish(TopicPublication(topic: arn, message: text)) {
        case .published: return .delivered
        case .noSuchTopic:
            return .refused(code: "NO_RESOURCE", reason: "The topic \(arn.resource) does not exist.")
        case .backlogIsFull: return .busy(reason: "too many deliveries of topics wait already")
        }
    }

    private func send(
        _ text: [UInt8], toStream target: RuleTarget, key: String?
    ) throws(StoreError) -> TargetOutcome {
        guard let stream = catalog.stream(target.arn) else {
            return .refused(code: "NO_RESOURCE", reason: "\(target.arn.resource) does not exist.")
        }
        guard let key, (1...256).contains(key.unicodeScalars.count) else {
            return .refused(
                code: "INVALID_PARAMETER", reason: "The event has no partition key of 1 to 256 characters.")
        }
        guard text.count + key.utf8.count <= stream.settings.maxRecordKiB * 1_024 else {
            return .refused(code: "INVALID_PARAMETER", reason: "The event is larger than the stream takes.")
        }
        let hash = publishing.hasher.hash(Array(key.utf8)).value
        guard let shard = stream.shards.last(where: { $0.isOpen && $0.hashKeys.contains(hash) }) else {
            return .busy(reason: "the stream has no open shard for the key")
        }
        var batch = RecordBatch()
        batch.append(shard: shard.key, partitionKey: Array(key.utf8), payload: text)
        _ = try append(batch, to: stream.key)
        return .delivered
    }

    private func send(_ text: [UInt8], toFunction arn: ARN, _ rule: EventRuleID) throws(StoreError)
        -> TargetOutcome
    {
        guard let accept = publishing.functions.accept else {
            return .refused(code: "NO_RESOURCE", reason: "Functions cannot be targets here.")
        }
        return switch try accept(self, arn, text, rule.arn) {
        case .accepted: .delivered
        case .refused(let code, let reason): .refused(code: code, reason: reason)
        case .busy(let reason): .busy(reason: reason)
        }
    }
}

extension EventOnItsWay {
    /// What a stream sorts the event by; `nil` when the path leads to no text or number.
    fileprivate func partitionKey(_ target: RuleTarget) -> String? {
        guard let path = target.partitionKeyPath else { return tree["id"]?.stringValue }
        return switch path.value(in: tree) {
        case .string(let text): text
        case .number(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .object, .array, .null, nil: nil
        }
    }
}

extension MessageBatch {
    /// Gives the last entry a message group and a deduplication ID.
    fileprivate mutating func group(_ group: [UInt8], _ deduplicationID: String) {
        let start = bytes.count
        bytes.append(contentsOf: group)
        let middle = bytes.count
        bytes.append(contentsOf: deduplicationID.utf8)
        entries[entries.count - 1].groupID = start..<middle
        entries[entries.count - 1].deduplicationID = middle..<bytes.count
    }
}
