package import EventModel
package import MappingCore

/// What one mapping has done since the daemon started.
package struct MappingCounts: Equatable, Sendable {
    package var batches: Int64 = 0
    package var invocations: Int64 = 0
    package var failedInvocations: Int64 = 0
    /// Records or messages settled, durably.
    package var records: Int64 = 0
    /// Records or messages that no filter matched; AWS's `FilteredOutEventCount`.
    package var filtered: Int64 = 0
    package var retries: Int64 = 0
    package var bisects: Int64 = 0
    /// Records given up, or messages moved to the dead-letter queue.
    package var discarded: Int64 = 0
    /// Of the messages moved to the dead-letter queue, those that no mapping ever gave to its function.
    package var neverExecuted: Int64 = 0
    /// Discarded records whose report could not be delivered.
    package var dropped: Int64 = 0

    package init() {}
}

/// One of the ages of `millrace lag`.
package struct AgeSample: Equatable, Sendable {
    package var last: Duration?
    package var p99: Duration?
    package var maximum: Duration?

    package init(last: Duration? = nil, p99: Duration? = nil, maximum: Duration? = nil) {
        self.last = last
        self.p99 = p99
        self.maximum = maximum
    }
}

/// How far a mapping is in one shard, or in its queue.
package struct ShardSnapshot: Sendable {
    /// Empty for a queue.
    package var shardID = ""
    /// The sequence number settled last.
    package var checkpoint: String?
    package var recordsBehind: Int64 = 0
    package var ageAtRead = AgeSample()
    package var ageAtInvoke = AgeSample()
    package var ageAtCompletion = AgeSample()
    package var drainPerSecond = 0.0
    package var timeToDrain: Duration?
    package var lastError: String?
    /// Ages of the oldest unsettled record in milliseconds, one a second, oldest first.
    package var history: [Int64] = []
    package var inFlight = 0
    package var waitsFor = ""
    /// Of a shard in line: its parents that are not through.
    package var parents: [String] = []
    package init() {}
}

/// One mapping as it is right now.
package struct MappingSnapshot: Sendable {
    package var mapping: EventSourceMapping
    package var counts: MappingCounts
    package var inFlight: Int
    package var waitsFor: String
    package var lastError: String?
    package var shards: [ShardSnapshot]
    /// Of a queue's poller.
    package var standing: QueueMachine.Standing?

    package init(
        mapping: EventSourceMapping, counts: MappingCounts, inFlight: Int, waitsFor: String,
        lastError: String?, shards: [ShardSnapshot], standing: QueueMachine.Standing? = nil
    ) {
        self.mapping = mapping
        self.counts = counts
        self.inFlight = inFlight
        self.waitsFor = waitsFor
        self.lastError = lastError
        self.shards = shards
        self.standing = standing
    }
}
