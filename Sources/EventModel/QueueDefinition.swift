/// What a queue is: identity and attributes, without its messages.
package struct QueueDefinition: Equatable, Sendable {
    package let key: QueueKey
    package let name: String
    package let location: Location
    package var attributes: QueueAttributes
    package var tags: [String: String]
    package let createdAt: Timestamp
    package var modifiedAt: Timestamp

    package init(
        key: QueueKey, name: String, location: Location, attributes: QueueAttributes,
        tags: [String: String], createdAt: Timestamp, modifiedAt: Timestamp
    ) {
        self.key = key
        self.name = name
        self.location = location
        self.attributes = attributes
        self.tags = tags
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
    }

    package var arn: ARN { location.arn("sqs", name) }
    package var isFIFO: Bool { attributes.fifo != nil }
}

/// The settable attributes of a queue that Millrace enforces, with AWS's defaults (SQS API, `CreateQueue`).
package struct QueueAttributes: Equatable, Sendable {
    /// 0...43,200 s.
    package var visibilityTimeoutSeconds = 30
    /// 0...900 s.
    package var delaySeconds = 0
    /// 0...20 s.
    package var receiveWaitTimeSeconds = 0
    /// 60...1,209,600 s.
    package var retentionSeconds = 345_600
    /// 1,024...1,048,576 bytes of body and attributes.
    package var maximumMessageBytes = 1_048_576
    package var redrive: RedrivePolicy?
    /// `nil` for a standard queue. It never changes from one to the other.
    package var fifo: FIFOSettings?
    /// Attributes that have no behaviour here and are kept as given (`Policy`, `KmsMasterKeyId`, …), by AWS name.
    package var bookkeeping: [String: String] = [:]

    package init() {}
}

/// Where messages go that were received too often.
package struct RedrivePolicy: Equatable, Sendable {
    package let deadLetterTarget: ARN
    /// 1...1,000.
    package let maxReceiveCount: Int

    package init(deadLetterTarget: ARN, maxReceiveCount: Int) {
        self.deadLetterTarget = deadLetterTarget
        self.maxReceiveCount = maxReceiveCount
    }
}
