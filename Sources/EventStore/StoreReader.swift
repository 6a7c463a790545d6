package import EventModel

/// Reads of one thread over its own connection; each call sees everything committed before it began.
package final class StoreReader {
    init() { fatalError("pending") }
}

// MARK: - Streams

extension StoreReader {
    /// Visits a shard's records in order, without copying them. Records past retention are passed over.
    ///
    /// - Parameters:
    ///   - after: The position before the first record wanted; 0 for the oldest one kept.
    ///   - maxBytes: Stops before the record whose partition key and payload would exceed it, but visits at least one.
    ///   - visit: Position, arrival, partition key, payload; spans are valid during the call. False stops after it.
    /// - Returns: The last position visited or passed over, to go on after; `after` when there was nothing.
    package func records(
        in shard: ShardKey, after: Position, limit: Int, maxBytes: Int,
        _ visit: (Position, Timestamp, Span<UInt8>, Span<UInt8>) -> Bool
    ) throws(StoreError) -> Position { fatalError("pending") }

    /// The last committed record; position 0 when there never was one.
    package func tip(of shard: ShardKey) -> ShardTip { fatalError("pending") }
    /// The oldest record that retention keeps; `nil` when there is none.
    package func firstPosition(in shard: ShardKey) throws(StoreError) -> Position? { fatalError("pending") }
    /// The first record that arrived at or after a moment; `nil` when there is none yet.
    package func firstPosition(at moment: Timestamp, in shard: ShardKey) throws(StoreError) -> Position? {
        fatalError("pending")
    }
    /// When a record arrived; `nil` when it is trimmed or not there yet.
    package func arrival(of position: Position, in shard: ShardKey) throws(StoreError) -> Timestamp? {
        fatalError("pending")
    }
}

// MARK: - Queues

extension StoreReader {
    /// Receives messages and hides them; nothing is written, so a crash makes them visible again.
    ///
    /// Messages whose receive count is spent go to the dead-letter queue instead (in the background).
    /// - Parameters:
    ///   - maximum: 1...10,000.
    ///   - maxBytes: Stops before the message whose body and attributes would exceed it, but visits at least one.
    ///   - visibility: Seconds to hide for, or `nil` for the queue's own value.
    ///   - visit: The message, the bytes of its body, and of its attributes (JSON, empty for none); the spans are
    ///     valid during the call. It must not receive from the same queue.
    package func receive(
        from queue: QueueKey, maximum: Int, maxBytes: Int = .max, visibilitySeconds: Int? = nil, now: Timestamp,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) -> ReceiveOutcome { fatalError("pending") }

    /// Hides a received message for `seconds` from now (0: visible at once), by any of its receipts.
    package func changeVisibility(
        of position: Position, in queue: QueueKey, seconds: Int, now: Timestamp
    ) throws(StoreError) -> VisibilityChange { fatalError("pending") }
}

// MARK: - Tables

extension StoreReader {
    package func item(_ key: [UInt8], in table: TableKey) throws(StoreError) -> [UInt8]? { fatalError("pending") }
    /// Items and their stored bytes; cheap.
    package func size(of table: TableKey) -> (items: Int, bytes: Int) { fatalError("pending") }
}

// MARK: - Mappings

extension StoreReader {
    /// The last settled position; `nil` when the mapping never started in the shard.
    package func checkpoint(of mapping: String, in shard: ShardKey) throws(StoreError) -> Position? {
        fatalError("pending")
    }
    package func checkpoints(of mapping: String) throws(StoreError) -> [ShardKey: Position] { fatalError("pending") }
    /// The newest decisions of a mapping, newest first.
    package func decisions(of mapping: String, limit: Int) throws(StoreError) -> [Decision] { fatalError("pending") }
    /// Discards, newest first, of one mapping or of all; with `before`, those with smaller IDs.
    package func discards(
        of mapping: String? = nil, before id: Int64? = nil, limit: Int
    ) throws(StoreError) -> [Discard] { fatalError("pending") }
    package func discard(_ id: Int64) throws(StoreError) -> Discard? { fatalError("pending") }
}
