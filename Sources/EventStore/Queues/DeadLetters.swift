package import EventModel
import SQLite

/// A mapping whose receives move messages to the dead-letter queue: what it moves is told it, and its decision log.
package struct DeadLetterMover: Sendable {
    let mappingID: String
    let moved: @Sendable (DeadLetterMove) -> Void

    /// - Parameter moved: Called on the writer thread after each move's commit; hand over to your loop there.
    package init(mappingID: String, moved: @escaping @Sendable (DeadLetterMove) -> Void) {
        self.mappingID = mappingID
        self.moved = moved
    }
}

/// Messages that went to a dead-letter queue together.
package struct DeadLetterMove: Equatable, Sendable {
    package var moved = 0
    /// Of these, those that no mapping ever gave to its function.
    package var neverExecuted: [MessageID] = []
    package init() {}
}

/// A message in a dead-letter queue, as people look at it.
package struct DeadLetter: Equatable, Sendable {
    package let messageID: MessageID
    package let sentAt: Timestamp
    package let receiveCount: Int
    /// How often a mapping gave it to its function; 0 flags it as never executed, `nil` when no mapping moved it.
    package let executions: Int?
    package let body: [UInt8]

    package var wasNeverExecuted: Bool { executions == 0 }
}

extension StoreWriter {
    /// Moves messages for a mapping: what it knows of their executions goes with them, and its decision log tells of it.
    func moveToDeadLetter(
        _ leases: [LeaseLedger.Lease], from source: QueueKey, to target: QueueKey, by mapping: String
    ) throws(StoreError) -> DeadLetterMove {
        let queue = try existing(target).name
        var found: [(messageID: MessageID, executions: Int64)] = []
        for lease in leases {
            if let message = try executions(of: RowKey.make(source.rawValue, lease.position)) {
                found.append(message)
            }
        }
        // Each message that is there gets the next position of the dead-letter queue.
        var position = queues[target]?.tip ?? 0
        try moveToDeadLetter(leases, from: source, to: target)
        var move = DeadLetterMove()
        for message in found {
            position += 1
            try run("UPDATE message SET executions = ?2 WHERE id = ?1") { statement in
                statement.bind(1, RowKey.make(target.rawValue, position))
                statement.bind(2, message.executions)
            }
            move.moved += 1
            if message.executions == 0 { move.neverExecuted.append(message.messageID) }
        }
        try record([decision(on: move, to: queue, by: mapping)])
        return move
    }

    private func executions(of row: Int64) throws(StoreError) -> (MessageID, Int64)? {
        let statement = try statement("SELECT coalesce(executions, 0), origin FROM message WHERE id = ?1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, row)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            let origin = statement.isNull(1) ? row : statement.int(1)
            return (MessageID(row: origin, secret: secret), statement.int(0))
        }
    }

    /// What the decision log says of a move.
    private func decision(on move: DeadLetterMove, to queue: String, by mapping: String) -> Decision {
        let never = move.neverExecuted
        let sample = never.prefix(StoreLimits.neverExecutedSample).map(\.description)
        let more = never.count > sample.count ? ", …" : ""
        let names = never.isEmpty ? "" : ": " + sample.joined(separator: ", ") + more
        return Decision(
            mappingID: mapping, at: now, kind: "deadLettered", recordCount: move.moved,
            detail:
                "\(move.moved) message(s) moved to \(queue), \(never.count) of them never executed\(names)")
    }
}

extension StoreReader {
    /// The newest messages of a queue that were moved there from `source`.
    package func deadLetters(
        in queue: QueueKey, from source: ARN, limit: Int
    ) throws(StoreError) -> [DeadLetter] {
        let statement = try statement(
            """
            SELECT id, sent_ms, receive_count, origin, executions, body FROM message
            WHERE id >= ?1 AND id <= ?2 AND dead_letter_source = ?3 ORDER BY id DESC LIMIT ?4
            """)
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.first(queue.rawValue))
            statement.bind(2, RowKey.last(queue.rawValue))
            statement.bind(3, source.description)
            statement.bind(4, Int64(limit))
            defer { statement.reset() }
            var found: [DeadLetter] = []
            while try statement.step() {
                let origin = statement.isNull(3) ? statement.int(0) : statement.int(3)
                found.append(
                    DeadLetter(
                        messageID: MessageID(row: origin, secret: store.secret),
                        sentAt: Timestamp(millisecondsSinceEpoch: statement.int(1)),
                        receiveCount: Int(statement.int(2)),
                        executions: statement.isNull(4) ? nil : Int(statement.int(4)),
                        body: statement.array(5)))
            }
            return found
        }
    }

    /// Messages of a queue that a mapping moved there and none ever executed.
    package func neverExecutedCount(in queue: QueueKey) throws(StoreError) -> Int {
        let statement = try statement(
            "SELECT count(*) FROM message WHERE executions = 0 AND id >= ?1 AND id <= ?2")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.first(queue.rawValue))
            statement.bind(2, RowKey.last(queue.rawValue))
            defer { statement.reset() }
            return try statement.step() ? Int(statement.int(0)) : 0
        }
    }
}
