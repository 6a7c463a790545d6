package import EventModel
import SQLite
import Synchronization

// MARK: - Tasks

extension StoreReader {
    /// The newest tasks of a dead-letter queue, newest first.
    package func messageMoves(of source: QueueKey, limit: Int) throws(StoreError) -> [MessageMove] {
        let rows = try statement(
            """
            SELECT task, source, destination, per_second, status, moved, to_move, at_most, failure, started_ms
            FROM message_move WHERE source = ?1 ORDER BY id DESC LIMIT ?2
            """)
        rows.bind(1, source.rawValue)
        rows.bind(2, Int64(limit))
        return try messageMoves(rows)
    }

    /// Tasks that are under way, oldest first.
    package func activeMessageMoves() throws(StoreError) -> [MessageMove] {
        try messageMoves(
            try statement(
                """
                SELECT task, source, destination, per_second, status, moved, to_move, at_most, failure, started_ms
                FROM message_move WHERE status IN ('RUNNING', 'CANCELLING') ORDER BY id
                """))
    }

    private func messageMoves(_ rows: Statement) throws(StoreError) -> [MessageMove] {
        defer { rows.reset() }
        var moves: [MessageMove] = []
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            moves.append(try MessageMove(rows))
        }
        return moves
    }
}

// MARK: - Messages

extension StoreReader {
    /// Takes messages that could be received now out of everybody's sight, so that they can be moved; it is no
    /// receive, no count changes.
    ///
    /// Hand them to `StoreWriter.moveMessages`, and those that stay to `QueueLeases.cancelDelete`.
    /// - Parameters:
    ///   - maxBytes: Stops behind the message whose body and attributes reach it.
    /// - Returns: Fewer than `maximum`, and less than `maxBytes`, only if there are no more now.
    /// - Throws: `.notFound` when the queue is gone.
    package func takeForMove(
        from queue: QueueKey, maximum: Int, maxBytes: Int, now: Timestamp
    ) throws(StoreError) -> TakenMessages {
        guard let definition = store.catalog.queue(queue), let ledger = store.leases.ledger(of: queue) else {
            throw .notFound("The queue")
        }
        let moment = now.millisecondsSinceEpoch
        var take = MoveTake(
            queue: queue, now: moment, maximum: maximum, bytesLeft: maxBytes,
            oldestSent: moment - Int64(definition.attributes.retentionSeconds) * 1_000)
        let result: Result<Void, StoreError> = ledger.turn.withLock { _ in
            do throws(StoreError) {
                if let fifo = ledger.fifo { return .success(try takeFromGroups(fifo, &take)) }
                let mayScan = ledger.state.withLock { ledger in
                    ledger.promote(now: moment)
                    return ledger.mayScan(now: moment)
                }
                try takeReturned(&take, ledger)
                if mayScan { try scan(&take, ledger) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let error) = result {
            store.leases.cancelDelete(take.taken, in: queue, now: now)
            throw error
        }
        return TakenMessages(positions: take.taken, isAll: !take.isDone)
    }

    /// What may be received of each group, in order; a group with a message in flight gives nothing.
    private func takeFromGroups(_ fifo: FIFOLeases, _ take: inout MoveTake) throws(StoreError) {
        let request = GroupLedger.Request(
            maximum: 1, now: take.now, visibleAt: take.now, maxReceiveCount: 0, oldestSent: take.oldestSent,
            spentLimit: take.maximum)
        fifo.groups.withLock { $0.promote(now: request.now) }
        take.taken = try self.take(fifo, request, of: take.queue).spent.map(\.position)
        let row = try statement(
            "SELECT length(body) + coalesce(length(attributes), 0) FROM message WHERE id = ?1")
        var count = 0
        while count < take.taken.count, take.bytesLeft > 0 {
            let position = take.taken[count]
            take.bytesLeft -= try storeErrors { () throws(SQLiteError) -> Int in
                row.bind(1, RowKey.make(take.queue.rawValue, position))
                defer { row.reset() }
                return try row.step() ? Int(row.int(0)) : 0
            }
            count += 1
        }
        guard count < take.taken.count else { return }
        // Those behind go back to their places.
        let rest = Array(take.taken[count...])
        take.taken.removeLast(rest.count)
        fifo.groups.withLock { [now = take.now] in $0.cancelLeave(rest, now: now) }
    }

    private func takeReturned(_ take: inout MoveTake, _ ledger: QueueLedger) throws(StoreError) {
        let row = try statement(
            "SELECT sent_ms, length(body) + coalesce(length(attributes), 0) FROM message WHERE id = ?1")
        while !take.isDone {
            // A receive count of 0 at most: whatever is there is taken for spent, which hides it without a lease.
            let taken = ledger.state.withLock {
                $0.takeReady(now: take.now, visibleAt: take.now, maxReceiveCount: 0)
                    ?? $0.takeAside(now: take.now, visibleAt: take.now, maxReceiveCount: 0)
            }
            guard let taken else { return }
            guard case .spent(let lease) = taken else { continue }
            take.taken.append(lease.position)
            let found = try storeErrors { () throws(SQLiteError) -> (sentAt: Int64, bytes: Int64)? in
                row.bind(1, RowKey.make(take.queue.rawValue, lease.position))
                defer { row.reset() }
                return try row.step() ? (row.int(0), row.int(1)) : nil
            }
            if let found, found.sentAt > take.oldestSent {
                take.bytesLeft -= Int(found.bytes)
            } else {
                // Gone, or past retention: nothing to move, nothing to keep in mind.
                take.taken.removeLast()
                ledger.state.withLock { $0.remove(CollectionOfOne(lease.position)) }
            }
        }
    }

    private func scan(_ take: inout MoveTake, _ ledger: QueueLedger) throws(StoreError) {
        let rows = try statement(
            """
            SELECT id, sent_ms, visible_ms, receive_count, first_received_ms,
                length(body) + coalesce(length(attributes), 0)
            FROM message WHERE id > ?1 AND id <= ?2 ORDER BY id
            """)
        let (cursor, tip) = ledger.state.withLock { ($0.cursor, $0.tip) }
        guard cursor < tip, !take.isDone else { return }
        try storeErrors { () throws(SQLiteError) in
            rows.bind(1, RowKey.make(take.queue.rawValue, cursor))
            rows.bind(2, RowKey.make(take.queue.rawValue, tip))
            defer { rows.reset() }
            while !take.isDone {
                guard try rows.step() else { return ledger.state.withLock { $0.finishScan(at: tip) } }
                let position = RowKey.position(rows.int(0))
                guard rows.int(1) > take.oldestSent else {
                    ledger.state.withLock { $0.pass(position) }
                    continue
                }
                let facts = (
                    receiveCount: Int32(truncatingIfNeeded: rows.int(3)), firstReceivedAt: rows.int(4),
                    visibleAt: rows.int(2)
                )
                let taken = ledger.state.withLock {
                    $0.takeScanned(
                        position, row: facts, now: take.now, visibleAt: take.now, maxReceiveCount: 0)
                }
                switch taken {
                case .full: return
                case .spent(let lease):
                    take.taken.append(lease.position)
                    take.bytesLeft -= Int(rows.int(5))
                case .hidden, .aside, .leased: continue
                }
            }
        }
    }
}

/// Messages that were taken to be moved.
package struct TakenMessages: Equatable, Sendable {
    package let positions: [Position]
    /// True when the queue has no more that could be received now.
    package let isAll: Bool

    package init(positions: [Position], isAll: Bool) {
        self.positions = positions
        self.isAll = isAll
    }
}

private struct MoveTake {
    let queue: QueueKey
    let now: Int64
    let maximum: Int
    var bytesLeft: Int
    /// Messages sent at or before it are past retention.
    let oldestSent: Int64
    var taken: [Position] = []

    var isDone: Bool { taken.count >= maximum || bytesLeft <= 0 }
}
