/// What only FIFO queues have (SQS API, `CreateQueue`).
package struct FIFOSettings: Equatable, Sendable {
    /// Within what a deduplication ID is unique.
    package enum DeduplicationScope: String, CaseIterable, Sendable {
        case queue
        case messageGroup
    }

    /// What the pace of sending and receiving is counted for.
    package enum ThroughputLimit: String, CaseIterable, Sendable {
        case perQueue
        case perMessageGroupID = "perMessageGroupId"
    }

    /// Messages without a deduplication ID get the SHA-256 of their body as theirs.
    package var contentBasedDeduplication = false
    package var deduplicationScope = DeduplicationScope.queue
    /// `.perMessageGroupID` goes with `.messageGroup` only. What it means
    /// is enforced when `sqs-limits` is on.
    package var throughputLimit = ThroughputLimit.perQueue

    package init() {}
}
