// The JSON that the daemon serves under /_millrace/ and the command line reads. Member names are the property names.
// Times are milliseconds: lengths end with `Ms`, moments with `AtMs` (since the epoch). Absent means unknown.
//
//   GET /_millrace/status                                 StatusReport, each mapping with `shards`, histories empty
//   GET /_millrace/lag[?mapping=ID]                       LagReport, histories filled
//   GET /_millrace/decisions?mapping=ID&limit=N           DecisionReport, newest last
//   GET /_millrace/discards?mapping=ID&limit=N            DiscardReport, newest last
//
// An unknown mapping answers 404 with `{"message": "…"}`.

/// What the daemon is and what each mapping does right now.
struct StatusReport: Equatable, Sendable {
    var version: String
    var address: String
    var dataDirectory: String
    var durability: String
    var startedAtMs: Int64
    var nowAtMs: Int64
    /// Running and starting environments of all functions.
    var environments: Int
    var concurrencyLimit: Int
    var mappings: [MappingStatus]
    var queues: [QueueStatus]
    var streams: [StreamStatus]
    var topics: [TopicStatus]
}

/// A queue's content as `GetQueueAttributes` would count it.
struct QueueStatus: Equatable, Sendable {
    var name: String
    var visible: Int64
    var inFlight: Int64
    var delayed: Int64
    /// The dead-letter queue's name, if it has one.
    var deadLetterQueue: String?
    /// Dead letters in it that no mapping ever executed.
    var neverExecuted: Int64 = 0
}

/// A topic and its subscribers.
struct TopicStatus: Equatable, Sendable {
    var name: String
    /// Confirmed subscriptions.
    var subscriptions: Int
    /// Subscriptions that wait for their confirmation.
    var pending: Int
    /// Deliveries that wait for HTTP endpoints.
    var waitingDeliveries: Int
}

/// A stream's content: open shards, and records ever appended, over all shards; `name` is the table's name for a table's
/// stream.
struct StreamStatus: Equatable, Sendable {
    var name: String
    var isTableStream: Bool
    var shards: Int
    var records: Int64
}

/// One mapping: settings that identify it, state, and counts since the daemon started.
struct MappingStatus: Equatable, Sendable {
    var id: String
    /// ARN.
    var source: String
    /// Name, qualifier kept.
    var function: String
    var state: String
    /// `nil` for queue mappings, as on the wire.
    var lastResult: String?
    /// Batches being handled now.
    var inFlight: Int
    /// Why nothing happens, in words: `records`, `a batching window (2 s left)`, `retry 3 in 1.2 s`,
    /// `a concurrency permit`, `the function to be defined` …; empty while it works.
    var waitsFor: String
    var batches: Int64
    var invocations: Int64
    /// Records or messages settled.
    var records: Int64
    var retries: Int64
    var bisects: Int64
    /// Records or messages that no filter matched.
    var filtered: Int64
    /// Records discarded, or messages moved to the dead-letter queue.
    var discarded: Int64
    /// Of these, records whose report could not be delivered.
    var dropped: Int64
    /// Messages moved to the dead-letter queue that no mapping ever executed.
    var neverExecuted: Int64 = 0
    /// `nil` for a stream, and while there are no pollers.
    var scale: ScaleStatus?
    var lastError: String?
    /// One for a queue mapping, with `shard` empty; else one per shard in hand.
    var shards: [ShardStatus]
}

/// How far one mapping is in one shard, or in its queue.
struct ShardStatus: Equatable, Sendable {
    /// `shardId-…`; empty for a queue.
    var shard: String
    /// Why nothing happens in it, in words; empty while it works.
    var waitsFor: String
    /// Parents that have to be read to their end before it; empty for one that is being read.
    var waitsForShards: [String]
    /// The sequence number settled last; `nil` before the first, and for a queue.
    var checkpoint: String?
    /// Records after the checkpoint; messages visible and in flight for a queue.
    var recordsBehind: Int64
    /// Age of a batch's last record when the batch was read …
    var ageAtRead: AgeStatus
    /// … when its invocation started (`IteratorAge` of AWS) …
    var ageAtInvoke: AgeStatus
    /// … and when it was settled.
    var ageAtCompletion: AgeStatus
    /// Records settled per second over the last seconds.
    var drainPerSecond: Double
    /// Time until `recordsBehind` is 0 at the present rates; `nil` when it grows or nothing moves.
    var drainSeconds: Double?
    var lastError: String?
    /// Age of the oldest record not settled yet, in ms, one sample a second, oldest first, at most 300.
    var history: [Int64]
}

/// One of the three ages, in ms. `p99` and `max` go over what was measured since the daemon started.
struct AgeStatus: Equatable, Sendable {
    /// Of the last batch; `nil` before the first.
    var nowMs: Int64?
    var p99Ms: Int64?
    var maxMs: Int64?
}

struct LagReport: Equatable, Sendable {
    var nowAtMs: Int64
    var mappings: [MappingStatus]
}

/// One decision of the engine: what it did and why, in the order it was made.
struct DecisionEntry: Equatable, Sendable {
    var atMs: Int64
    var mapping: String
    var shard: String
    /// `failed`, `retry`, `bisected`, `partial`, `filtered`, `discarded`, `expired`, `waiting`, `throttled` …
    var kind: String
    /// A sentence.
    var text: String
    var requestID: String?
    /// From 1; 0 where it has no meaning.
    var attempt: Int
    /// Records or messages concerned, and the sequence numbers (message IDs) of the first and last of them.
    var count: Int
    var first: String?
    var last: String?
}

struct DecisionReport: Equatable, Sendable {
    var decisions: [DecisionEntry]
}

/// Records given up on together, with what they held.
struct DiscardEntry: Equatable, Sendable {
    var atMs: Int64
    var mapping: String
    var shard: String
    /// AWS's words: `RetryAttemptsExhausted`, `RecordAgeExceeded` …; `MaxReceiveCountExceeded` for messages.
    var reason: String
    /// Invocations made with it.
    var attempts: Int
    var error: String?
    /// ARN of where the invocation record or the message went, if anywhere.
    var destination: String?
    var records: [DiscardedRecord]
}

struct DiscardedRecord: Equatable, Sendable {
    /// Sequence number or message ID.
    var id: String
    /// Partition key; empty for a message.
    var key: String
    /// As text if it is UTF-8, else base64.
    var content: String
}

struct DiscardReport: Equatable, Sendable {
    var discards: [DiscardEntry]
}
