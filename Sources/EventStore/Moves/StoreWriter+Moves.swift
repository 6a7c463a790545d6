package import EventModel
import SQLite

// MARK: - Tasks

extension StoreWriter {
    /// Tasks of a queue that are listed, finished ones included (SQS API: `ListMessageMoveTasks` shows 10 at most).
    package static let movesKept = 10

    /// Notes a task as running.
    ///
    /// - Parameters:
    ///   - task: A new UUID.
    ///   - hidden: Messages of the queue that cannot be received now.
    package func beginMove(
        _ task: String, from source: QueueKey, to destination: ARN?, perSecond: Int?, hidden: Int
    ) throws(StoreError) -> MessageMove {
        _ = try existing(source)
        let count = queues[source]?.messageCount ?? 0
        let move = MessageMove(
            task: task, source: source, destination: destination, perSecond: perSecond, status: .running,
            moved: 0, toMove: max(0, count - hidden), atMost: count, failure: nil, startedAt: now)
        try run(
            """
            INSERT INTO message_move (task, source, destination, per_second, status, moved, to_move, at_most, started_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8)
            """
        ) { statement in
            statement.bind(1, task)
            statement.bind(2, source.rawValue)
            statement.bind(3, destination?.description)
            statement.bind(4, perSecond.map { Int64($0) })
            statement.bind(5, move.status.rawValue)
            statement.bind(6, Int64(move.toMove))
            statement.bind(7, Int64(move.atMost))
            statement.bind(8, move.startedAt.millisecondsSinceEpoch)
        }
        try run(
            """
            DELETE FROM message_move WHERE source = ?1 AND id <= (
                SELECT id FROM message_move WHERE source = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """
        ) { statement in
            statement.bind(1, source.rawValue)
            statement.bind(2, Int64(StoreWriter.movesKept))
        }
        return move
    }

    /// The task of that name, as the operations before left it.
    package func messageMove(_ task: String) throws(StoreError) -> MessageMove? {
        let row = try statement(
            """
            SELECT task, source, destination, per_second, status, moved, to_move, at_most, failure, started_ms
            FROM message_move WHERE task = ?1
            """)
        row.bind(1, task)
        defer { row.reset() }
        guard try attempt({ () throws(SQLiteError) in try row.step() }) else { return nil }
        return try MessageMove(row)
    }

    /// The queues with a task under way, one entry a task.
    package func queuesBeingMoved() throws(StoreError) -> [QueueKey] {
        let rows = try statement(
            "SELECT source FROM message_move WHERE status IN ('RUNNING', 'CANCELLING')")
        return try attempt { () throws(SQLiteError) in
            defer { rows.reset() }
            var queues: [QueueKey] = []
            while try rows.step() { queues.append(QueueKey(rawValue: rows.int(0))) }
            return queues
        }
    }

    /// Gives a task another status; one that is over already keeps its own.
    ///
    /// - Returns: The task after it; `nil` when it is gone.
    package func setMove(
        _ task: String, _ status: MessageMove.Status, failure: String? = nil
    ) throws(StoreError) -> MessageMove? {
        guard let move = try messageMove(task) else { return nil }
        guard move.status.isActive else { return move }
        return try keep(move, status, failure: failure, moved: 0)
    }

    private func keep(
        _ move: MessageMove, _ status: MessageMove.Status, failure: String?, moved: Int
    ) throws(StoreError) -> MessageMove {
        let after = MessageMove(
            task: move.task, source: move.source, destination: move.destination, perSecond: move.perSecond,
            status: status, moved: move.moved + moved, toMove: move.toMove, atMost: move.atMost,
            failure: failure, startedAt: move.startedAt)
        try run("UPDATE message_move SET status = ?2, moved = ?3, failure = ?4 WHERE task = ?1") {
            statement in
            statement.bind(1, after.task)
            statement.bind(2, after.status.rawValue)
            statement.bind(3, Int64(after.moved))
            statement.bind(4, after.failure)
        }
        return after
    }

    /// Forgets the tasks of a queue that is deleted.
    func forgetMoves(of source: QueueKey) throws(StoreError) {
        try run("DELETE FROM message_move WHERE source = ?1") { $0.bind(1, source.rawValue) }
    }
}

// MARK: - Messages

extension StoreWriter {
    /// Moves messages of a running task, and its progress with them.
    ///
    /// In their new queue they are new messages: other IDs, sent now, received never. The task fails before the
    /// first message that has nowhere to go.
    /// - Parameters:
    ///   - positions: From `StoreReader.takeForMove`.
    ///   - isLast: Completes the task with this step.
    package func moveMessages(
        of task: String, _ positions: [Position], isLast: Bool
    ) throws(StoreError) -> MoveStep {
        guard let move = try messageMove(task), definitions.queues[move.source] != nil else {
            return MoveStep(move: nil, kept: positions)
        }
        guard move.status == .running else { return MoveStep(move: move, kept: positions) }
        var targets: [String: QueueKey] = [:]
        var failure: String?
        var done: [Position] = []
        var kept: [Position] = []
        var moved = 0
        for position in positions {
            if failure != nil {
                kept.append(position)
                continue
            }
            switch try target(of: position, move, &targets) {
            case .queue(let target):
                try copy(position, from: move.source, to: target)
                moved += 1
                done.append(position)
            case .gone:
                done.append(position)
            case .failure(let reason):
                failure = reason
                kept.append(position)
            }
        }
        try delete(done, from: move.source)
        let isOver = isLast || move.moved + moved >= move.atMost
        let status: MessageMove.Status = failure != nil ? .failed : isOver ? .completed : .running
        return MoveStep(move: try keep(move, status, failure: failure, moved: moved), kept: kept)
    }

    private enum MoveTarget {
        case queue(QueueKey)
        /// The message was deleted or purged meanwhile.
        case gone
        case failure(String)
    }

    private func target(
        of position: Position, _ move: MessageMove, _ known: inout [String: QueueKey]
    ) throws(StoreError) -> MoveTarget {
        // A purge leaves the rows to be removed later.
        guard let tally = queues[move.source], position > tally.floor else { return .gone }
        let row = try statement("SELECT dead_letter_source FROM message WHERE id = ?1")
        let origin = try attempt { () throws(SQLiteError) -> String?? in
            row.bind(1, RowKey.make(move.source.rawValue, position))
            defer { row.reset() }
            return try row.step() ? .some(row.optionalText(0)) : nil
        }
        guard let origin else { return .gone }
        guard let name = move.destination?.description ?? origin else {
            return .failure(MoveFailure.sourceIsUnknown)
        }
        if let queue = known[name] { return .queue(queue) }
        guard let queue = ARN(name).flatMap({ catalog.queue($0) }) else {
            return .failure(MoveFailure.queueIsGone)
        }
        known[name] = queue.key
        return .queue(queue.key)
    }

    private func copy(
        _ position: Position, from source: QueueKey, to target: QueueKey
    ) throws(StoreError) {
        let definition = try existing(target)
        guard var tally = queues[target] else { throw .notFound("The destination") }
        let sentAt = now.millisecondsSinceEpoch
        // A FIFO queue's delay counts from the sending, as it is when somebody looks.
        let delay = definition.isFIFO ? 0 : Int64(definition.attributes.delaySeconds) * 1_000
        try run(
            """
            INSERT INTO message (id, sent_ms, visible_ms, receive_count, first_received_ms, body_md5, attributes,
                attributes_md5, trace_header, group_id, body)
            SELECT ?2, ?3, ?4, 0, 0, body_md5, attributes, attributes_md5, trace_header, group_id, body
            FROM message WHERE id = ?1
            """
        ) { statement in
            statement.bind(1, RowKey.make(source.rawValue, position))
            statement.bind(2, RowKey.make(target.rawValue, tally.tip + 1))
            statement.bind(3, sentAt)
            statement.bind(4, delay == 0 ? 0 : sentAt + delay)
        }
        tally.tip += 1
        tally.messageCount += 1
        setQueue(target, tally)
        effects.grownQueues.insert(target)
        if definition.isFIFO { effects.groupedSends[target, default: 0] += 1 }
        if delay > 0 { effects.delays[target, default: []].append(sentAt + delay) }
    }
}
