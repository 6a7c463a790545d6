/// A registered consumer of a Kinesis stream: a reader of its own for enhanced fan-out.
package struct StreamConsumer: Equatable, Sendable {
    package let name: String
    package let createdAt: Timestamp
    package var tags: [String: String]
    /// The resource policy, JSON text; kept and shown, not enforced.
    package var policy: String?

    package init(
        name: String, createdAt: Timestamp, tags: [String: String] = [:], policy: String? = nil
    ) {
        self.name = name
        self.createdAt = createdAt
        self.tags = tags
        self.policy = policy
    }

    /// The second of the registration, which is part of the ARN: who registers again gets another one.
    package var creationSecond: Int64 { createdAt.millisecondsSinceEpoch / 1_000 }

    /// `<stream ARN>/consumer/<name>:<second>` (Kinesis API reference, `Consumer`).
    package func arn(in stream: StreamDefinition) -> ARN {
        stream.location.arn("kinesis", "stream/\(stream.name)/consumer/\(name):\(creationSecond)")
    }
}

/// The parts of a consumer's ARN.
package struct ConsumerReference: Equatable, Sendable {
    package let location: Location
    package let streamName: String
    package let consumerName: String
    package let creationSecond: Int64

    /// `nil` for the ARN of anything else.
    package init?(_ arn: ARN) {
        guard arn.service == "kinesis" else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "stream", parts[2] == "consumer" else {
            return nil
        }
        let ends = parts[3].split(separator: ":", omittingEmptySubsequences: false)
        guard ends.count == 2, !ends[0].isEmpty, let second = Int64(ends[1]), String(second) == ends[1] else {
            return nil
        }
        location = Location(account: arn.account, region: arn.region)
        streamName = String(parts[1])
        consumerName = String(ends[0])
        creationSecond = second
    }

    package var streamARN: ARN { location.arn("kinesis", "stream/\(streamName)") }

    /// The consumer that is meant; one of the same name that was registered at another second is another one.
    package func consumer(of stream: StreamDefinition) -> StreamConsumer? {
        stream.settings.consumers.first { names($0) }
    }

    package func names(_ consumer: StreamConsumer) -> Bool {
        consumer.name == consumerName && consumer.creationSecond == creationSecond
    }
}
