import AWSWire
import ByteCoding
import EventModel

/// The attributes of a queue as texts by name, the way `CreateQueue` and `SetQueueAttributes` give them.
enum QueueAttributeText {
    /// The numeric attributes, their ranges and where they live.
    struct Number: Sendable {
        let name: String
        let range: ClosedRange<Int>
        let path: any WritableKeyPath<QueueAttributes, Int> & Sendable
    }

    static let numbers: [Number] = [
        Number(name: "VisibilityTimeout", range: 0...43_200, path: \.visibilityTimeoutSeconds),
        Number(name: "DelaySeconds", range: 0...900, path: \.delaySeconds),
        Number(name: "ReceiveMessageWaitTimeSeconds", range: 0...20, path: \.receiveWaitTimeSeconds),
        Number(name: "MessageRetentionPeriod", range: 60...1_209_600, path: \.retentionSeconds),
        Number(name: "MaximumMessageSize", range: 1_024...1_048_576, path: \.maximumMessageBytes),
    ]

    /// Attributes that are kept as given: who may do what, encryption at rest, and who may redrive, which is enforced.
    static let bookkeeping: [String] = [
        "Policy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
        "RedriveAllowPolicy",
    ]
    static let counters: [String] = [
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    static let readOnly: [String] = counters + ["CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"]

    /// Whether SQS has an attribute of that name, for any kind of queue.
    static func isKnown(_ name: String) -> Bool {
        numbers.contains { $0.name == name } || bookkeeping.contains(name)
            || FIFOAttributeText.names.contains(name)
            || readOnly.contains(name) || name == "RedrivePolicy" || name == "FifoQueue"
    }
}

// MARK: - Parsing

extension QueueAttributeText {
    /// Applies given texts to attributes; an empty text brings back the default.
    ///
    /// - Parameter isNew: `CreateQueue` words the refusal of FIFO attributes in its own way.
    static func apply(
        _ given: [(key: String, value: String)], to attributes: inout QueueAttributes, isNew: Bool
    ) throws(AWSError) {
        for (name, text) in given {
            if let number = numbers.first(where: { $0.name == name }) {
                try apply(number, text, to: &attributes)
            } else if bookkeeping.contains(name) {
                try applyBookkeeping(name, text, to: &attributes)
            } else if name == "RedrivePolicy" {
                attributes.redrive = text.isEmpty ? nil : try RedriveText.policy(text)
            } else if var fifo = attributes.fifo,
                name == "FifoQueue" || FIFOAttributeText.names.contains(name)
            {
                try FIFOAttributeText.apply(name, text, to: &fifo)
                attributes.fifo = fifo
            } else {
                throw refusal(of: name, text, isNew: isNew)
            }
        }
        try checkEncryption(given)
    }

    private static func apply(
        _ number: Number, _ text: String, to attributes: inout QueueAttributes
    ) throws(AWSError) {
        guard !text.isEmpty else {
            attributes[keyPath: number.path] = QueueAttributes()[keyPath: number.path]
            return
        }
        guard let value = Int(text), number.range.contains(value) else { throw .attributeValue(number.name) }
        attributes[keyPath: number.path] = value
    }

    private static func applyBookkeeping(
        _ name: String, _ text: String, to attributes: inout QueueAttributes
    ) throws(AWSError) {
        switch name {
        case "SqsManagedSseEnabled" where !["", "true", "false"].contains(text): throw .attributeValue(name)
        case "KmsDataKeyReusePeriodSeconds" where !text.isEmpty:
            guard let seconds = Int(text), (60...86_400).contains(seconds) else {
                throw .attributeValue(name)
            }
        case "Policy" where !text.isEmpty: try QueuePolicy.check(text)
        case "RedriveAllowPolicy" where !text.isEmpty: try RedriveText.checkAllowPolicy(text)
        default: break
        }
        switch name {
        case "KmsMasterKeyId" where !text.isEmpty: attributes.bookkeeping["SqsManagedSseEnabled"] = "false"
        // Without its key a queue has the default again.
        case "KmsMasterKeyId" where attributes.bookkeeping[name] != nil:
            attributes.bookkeeping["SqsManagedSseEnabled"] = nil
        case "SqsManagedSseEnabled" where text == "true":
            attributes.bookkeeping["KmsMasterKeyId"] = nil
            attributes.bookkeeping["KmsDataKeyReusePeriodSeconds"] = nil
        default: break
        }
        attributes.bookkeeping[name] = text.isEmpty ? nil : text
    }

    private static func refusal(of name: String, _ text: String, isNew: Bool) -> AWSError {
        switch name {
        case "FifoQueue":
            return text == "true" && !isNew
                ? .attributeValue(name, reason: "Modifying queue type is not supported.")
                : .unknownAttribute(name)
        case "ContentBasedDeduplication": return .unknownAttribute(name)
        case "DeduplicationScope", "FifoThroughputLimit":
            return AWSError(
                "InvalidAttributeName", "You can specify the \(name) only when FifoQueue is set to true.")
        default: return .unknownAttribute(name)
        }
    }

    private static func checkEncryption(_ given: [(key: String, value: String)]) throws(AWSError) {
        let hasKey = given.contains { $0.key == "KmsMasterKeyId" && !$0.value.isEmpty }
        let isManaged = given.contains { $0.key == "SqsManagedSseEnabled" && $0.value == "true" }
        guard !(hasKey && isManaged) else {
            throw AWSError(
                "InvalidAttributeName",
                "You can use one type of server-side encryption (SSE) at one time. "
                    + "You can either enable KMS SSE or SQS SSE.")
        }
    }
}

// MARK: - Showing

extension QueueAttributeText {
    /// The attributes that a queue shows, counters not included, in the order in which they are listed.
    static func shown(of queue: QueueDefinition) -> [(name: String, value: String)] {
        let attributes = queue.attributes
        var shown: [(name: String, value: String)] = [
            ("CreatedTimestamp", String(queue.createdAt.millisecondsSinceEpoch / 1_000)),
            ("LastModifiedTimestamp", String(queue.modifiedAt.millisecondsSinceEpoch / 1_000)),
            ("QueueArn", queue.arn.description),
        ]
        for number in numbers { shown.append((number.name, String(attributes[keyPath: number.path]))) }
        for name in bookkeeping {
            if let value = attributes.bookkeeping[name] { shown.append((name, value)) }
        }
        if attributes.bookkeeping["SqsManagedSseEnabled"] == nil {
            let hasKey = attributes.bookkeeping["KmsMasterKeyId"] != nil
            shown.append(("SqsManagedSseEnabled", hasKey ? "false" : "true"))
        }
        if attributes.bookkeeping["KmsMasterKeyId"] != nil,
            attributes.bookkeeping["KmsDataKeyReusePeriodSeconds"] == nil
        {
            shown.append(("KmsDataKeyReusePeriodSeconds", "300"))
        }
        if let redrive = attributes.redrive { shown.append(("RedrivePolicy", RedriveText.text(of: redrive))) }
        if let fifo = attributes.fifo { shown += FIFOAttributeText.shown(of: fifo) }
        return shown
    }

    /// The first of the given attributes that an existing queue has another value for.
    static func difference(
        between given: [(key: String, value: String)], and queue: QueueDefinition
    ) throws(AWSError) -> String? {
        for (name, text) in given {
            var wanted = queue
            try apply([(name, text)], to: &wanted.attributes, isNew: true)
            let before = shown(of: queue).first { $0.name == name }?.value
            let after = shown(of: wanted).first { $0.name == name }?.value
            if before != after { return name }
        }
        return nil
    }
}
