package import EventModel

/// What a commit, or a change of a message's visibility, made readable.
package struct CommittedChanges: Equatable, Sendable {
    /// Queues with messages that may be received now, or sooner than before.
    package var queues: [QueueKey] = []
    /// Shards that grew or were closed.
    package var shards: [ShardKey] = []
    /// Queues, streams, tables, functions or mappings were created, changed or deleted.
    package var definitionsChanged = false
    /// Deliveries of topics to HTTP endpoints were added.
    package var topicDeliveries = false
    /// Scheduled rules, or events that wait for another attempt, were added or moved in time.
    package var eventSchedule = false

    package init() {}
    package var isEmpty: Bool {
        queues.isEmpty && shards.isEmpty && !definitionsChanged && !topicDeliveries
            && !eventSchedule
    }
}

/// The three counters of a queue.
package struct QueueCounters: Equatable, Sendable {
    package var visible: Int
    package var inFlight: Int
    package var delayed: Int
    package init(visible: Int = 0, inFlight: Int = 0, delayed: Int = 0) {
        self.visible = visible
        self.inFlight = inFlight
        self.delayed = delayed
    }
}

/// What a receive did besides visiting messages.
package struct ReceiveOutcome: Equatable, Sendable {
    /// Messages that were visited; each of them is leased now.
    package var received = 0
    /// Messages on their way to the dead-letter queue because their receive count is spent.
    package var movedToDeadLetter = 0
    /// True when the queue holds as many messages in flight as it may (`Limits.inFlightMessages`).
    package var isAtInFlightLimit = false
    /// For a FIFO queue, when messages were visited: give it to `EventStore.keep`, and nobody the messages before that
    /// has succeeded. `nil` for a standard queue.
    package var pending: PendingReceive?
    /// Message groups that had something to give and got no turn because the caller wanted it so.
    package var passedOver = 0
    package init() {}
}

/// What became of a change of visibility.
package enum VisibilityChange: Equatable, Sendable {
    case changed
    /// The message is gone, or was never received.
    case notInFlight
    /// FIFO queues only: the receipt expired, or the message was received again since.
    case expired
    /// The message would stay hidden for longer than 12 h after its receive.
    case beyondLimit
}

/// A shard's last committed record.
package struct ShardTip: Equatable, Sendable {
    /// 0 while the shard never had a record.
    package var position: Position
    package var arrival: Timestamp
    package init(position: Position, arrival: Timestamp) {
        self.position = position
        self.arrival = arrival
    }
}

/// Records of a stream that a mapping gave up on, with what is needed to explain and replay them.
package struct Discard: Equatable, Sendable {
    /// Given by the store, rising with time; 0 before it is stored.
    package var id: Int64 = 0
    package var mappingID: String
    package var shard: ShardKey
    package var shardID: String
    package var streamARN: ARN
    package var first: Position
    package var last: Position
    package var recordCount: Int
    /// `RetryAttemptsExhausted` or `RecordAgeExceeded`.
    package var condition: String
    package var requestID: String
    package var attempts: Int
    /// `Unhandled`, or `nil` when the handler answered with bad identifiers.
    package var functionError: String?
    package var discardedAt: Timestamp
    /// Where the invocation record went, if anywhere.
    package var destination: ARN?
    /// The handler's last answer, and the last of its output.
    package var errorPayload: [UInt8]
    package var logTail: [UInt8]
    /// The event as it was sent, with the records.
    package var payload: [UInt8]

    package init(
        mappingID: String, shard: ShardKey, shardID: String, streamARN: ARN, first: Position, last: Position,
        recordCount: Int, condition: String, requestID: String, attempts: Int, functionError: String?,
        discardedAt: Timestamp, destination: ARN?, errorPayload: [UInt8] = [], logTail: [UInt8] = [],
        payload: [UInt8]
    ) {
        self.mappingID = mappingID
        self.shard = shard
        self.shardID = shardID
        self.streamARN = streamARN
        self.first = first
        self.last = last
        self.recordCount = recordCount
        self.condition = condition
        self.requestID = requestID
        self.attempts = attempts
        self.functionError = functionError
        self.discardedAt = discardedAt
        self.destination = destination
        self.errorPayload = errorPayload
        self.logTail = logTail
        self.payload = payload
    }
}

/// One line of the decision log: what the engine did with which records, and why.
package struct Decision: Equatable, Sendable {
    package var mappingID: String
    package var at: Timestamp
    /// `nil` for a queue mapping.
    package var shard: ShardKey?
    /// A short word: `invoked`, `retried`, `bisected`, `discarded`, `throttled`, …
    package var kind: String
    /// First and last position that it is about; 0 and 0 when it is about none.
    package var first: Position
    package var last: Position
    package var recordCount: Int
    package var requestID: String
    /// Free text or JSON, at most a few hundred bytes.
    package var detail: String

    package init(
        mappingID: String, at: Timestamp, shard: ShardKey? = nil, kind: String, first: Position = 0,
        last: Position = 0, recordCount: Int = 0, requestID: String = "", detail: String = ""
    ) {
        self.mappingID = mappingID
        self.at = at
        self.shard = shard
        self.kind = kind
        self.first = first
        self.last = last
        self.recordCount = recordCount
        self.requestID = requestID
        self.detail = detail
    }
}

/// Everything that one step of a stream mapping makes durable together.
package struct Settlement: Sendable {
    package var mappingID: String
    package var shard: ShardKey
    /// The new checkpoint: every record at or before it is settled. Never smaller than the old one.
    package var through: Position
    package var discards: [Discard]
    /// For on-failure and on-success destinations.
    package var reports: [DestinationReport]
    package var decisions: [Decision]
    /// Positions above the checkpoint that are done with, in order, instead of those stored before; `nil` leaves them.
    package var settledAhead: [Position]?
    /// What is open from now on; `nil` leaves it.
    package var window: WindowUpdate?

    package init(
        mappingID: String, shard: ShardKey, through: Position, discards: [Discard] = [],
        reports: [DestinationReport] = [], decisions: [Decision] = [],
        settledAhead: [Position]? = nil, window: WindowUpdate? = nil
    ) {
        self.mappingID = mappingID
        self.shard = shard
        self.through = through
        self.discards = discards
        self.reports = reports
        self.decisions = decisions
        self.settledAhead = settledAhead
        self.window = window
    }
}

/// A tumbling window whose end was not told yet, with the state that its next event carries.
package struct OpenWindow: Equatable, Sendable {
    package var start: Timestamp
    package var end: Timestamp
    /// JSON text, an object.
    package var state: [UInt8]

    package init(start: Timestamp, end: Timestamp, state: [UInt8]) {
        self.start = start
        self.end = end
        self.state = state
    }
}

/// What becomes of a shard's open window.
package enum WindowUpdate: Equatable, Sendable {
    case open(OpenWindow)
    case none
}
