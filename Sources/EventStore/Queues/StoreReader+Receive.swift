package import EventModel
import SQLite
import Synchronization

extension StoreReader {
    /// Receives messages and hides them.
    ///
    /// What was received is noted in the lease log: in the background for standard queues, so that a crash may forget
    /// the receives of the last milliseconds; for FIFO queues by the caller, see `ReceiveOutcome.pending`. Messages
    /// whose receive count is spent go to the dead-letter queue instead (in the background).
    /// - Parameters:
    ///   - maximum: At least 1.
    ///   - maxBytes: Stops before the message whose body and attributes would exceed it, but visits at least one.
    ///   - visibilitySeconds: How long to hide, or `nil` for the queue's own value.
    ///   - attempt: `ReceiveRequestAttemptId`, FIFO queues only: a receive with the ID of one of the last five minutes gets
    ///     the same messages, hidden anew, unless one of them was deleted, expired or had its visibility changed.
    ///   - passingOver: Message groups of a FIFO queue that get no turn now, by `GroupName.hash`.
    ///   - mover: Who is told of messages that this receive sends to the dead-letter queue.
    ///   - visit: The message, the bytes of its body, and of its attributes (JSON, empty for none); the spans are
    ///     valid during the call. It must not receive from the same queue.
    /// - Throws: `.notFound` when the queue is gone; errors of the disk only when nothing was visited.
    package func receive(
        from queue: QueueKey, maximum: Int, maxBytes: Int = .max, visibilitySeconds: Int? = nil,
        attempt: String? = nil, passingOver: Set<UInt64> = [], now: Timestamp, mover: DeadLetterMover? = nil,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) -> ReceiveOutcome {
        let catalog = store.catalog.snapshot
        guard let definition = catalog.queue(queue), let ledger = store.leases.ledger(of: queue) else {
            throw .notFound("The queue")
        }
        let redrive = definition.attributes.redrive
        let target = redrive.flatMap { catalog.queue($0.deadLetterTarget) }
        let visibility = Int64(visibilitySeconds ?? definition.attributes.visibilityTimeoutSeconds) * 1_000
        let moment = now.millisecondsSinceEpoch
        var receive = Receive(
            queue: queue, ledger: ledger, now: moment, visibleAt: moment + visibility,
            // Without its dead-letter queue a message goes on being received.
            maxReceiveCount: target == nil ? nil : redrive?.maxReceiveCount,
            oldestSent: moment - Int64(definition.attributes.retentionSeconds) * 1_000, secret: store.secret,
            maximum: maximum, bytesLeft: maxBytes)
        let result: Result<Void, StoreError> = ledger.turn.withLock { _ in
            do throws(StoreError) {
                if let fifo = ledger.fifo {
                    return .success(try walk(fifo, &receive, attempt, passingOver: passingOver, visit))
                }
                return .success(try walk(&receive, visit))
            } catch {
                return .failure(error)
            }
        }
        receive.outcome.movedToDeadLetter = target == nil ? 0 : receive.spent.count
        if !receive.notes.isEmpty {
            if definition.isFIFO {
                receive.outcome.pending = PendingReceive(notes: receive.notes)
            } else {
                store.note(receive.notes)
            }
        }
        if let target { move(receive.spent, from: queue, to: target.key, by: mover) }
        if receive.outcome.received == 0 { try result.get() }
        return receive.outcome
    }

    /// Returned messages get half of the places at first, so that neither they nor new ones starve.
    private func walk(
        _ receive: inout Receive, _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) {
        let now = receive.now
        let (isFull, mayScan, isAsideDue) = receive.ledger.state.withLock { ledger in
            ledger.promote(now: now)
            return (ledger.isAtInFlightLimit, ledger.mayScan(now: now), ledger.isAsideDue)
        }
        guard !isFull else {
            receive.outcome.isAtInFlightLimit = true
            return
        }
        if isAsideDue { try takeKnown(&receive, upTo: 1, visit) { $0.takeAside() } }
        let half = mayScan ? (receive.maximum + 1) / 2 : receive.maximum
        try takeKnown(&receive, upTo: half, visit) { $0.takeReady() }
        var goesOn = mayScan
        repeat {
            if goesOn { goesOn = try scan(&receive, visit) }
            try takeKnown(&receive, upTo: receive.maximum, visit) { $0.takeReady() }
            try takeKnown(&receive, upTo: receive.maximum, visit) { $0.takeAside() }
            // With room left after all that was set aside, what follows is looked at too.
        } while goesOn && !receive.isDone
    }

    /// Takes messages that the ledger knows, until there are so many in all.
    private func takeKnown(
        _ receive: inout Receive, upTo count: Int,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void,
        _ take: (Receive) -> LeaseLedger.Taken?
    ) throws(StoreError) {
        let statement = try statement(
            """
            SELECT id, sent_ms, visible_ms, receive_count, first_received_ms, origin, body_md5, attributes,
                attributes_md5, trace_header, group_id, dead_letter_source, body,
                deduplication_id, arrived_count
            FROM message WHERE id = ?1
            """)
        while !receive.isDone, receive.outcome.received < count, let taken = take(receive) {
            switch taken {
            case .hidden, .full, .aside: continue
            case .spent(let lease):
                try storeErrors { () throws(SQLiteError) in
                    statement.bind(1, RowKey.make(receive.queue.rawValue, lease.position))
                    defer { statement.reset() }
                    do throws(SQLiteError) {
                        guard try statement.step() else { return receive.forget(lease.position) }
                    } catch {
                        receive.keepSpent(lease.position)
                        throw error
                    }
                    if let lease = receive.receiveSpent(lease, statement) {
                        receive.serve(lease, statement, visit)
                    } else {
                        receive.spent.append(lease)
                    }
                }
            case .leased(let lease):
                try storeErrors { () throws(SQLiteError) in
                    statement.bind(1, RowKey.make(receive.queue.rawValue, lease.position))
                    defer { statement.reset() }
                    do throws(SQLiteError) {
                        guard try statement.step() else { return receive.forget(lease.position) }
                    } catch {
                        receive.putBack(lease.position)
                        throw error
                    }
                    receive.serve(lease, statement, visit)
                }
            }
        }
    }

    /// Reads on behind the cursor; true when it stopped because it had set aside as much as it may at once.
    private func scan(
        _ receive: inout Receive, _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) -> Bool {
        let statement = try statement(
            """
            SELECT id, sent_ms, visible_ms, receive_count, first_received_ms, origin, body_md5, attributes,
                attributes_md5, trace_header, group_id, dead_letter_source, body,
                deduplication_id, arrived_count
            FROM message WHERE id > ?1 AND id <= ?2 ORDER BY id
            """)
        let (cursor, tip) = receive.ledger.state.withLock { ($0.cursor, $0.tip) }
        guard cursor < tip, !receive.isDone else { return false }
        var asideLeft = Receive.asideAtOnce
        return try storeErrors { () throws(SQLiteError) -> Bool in
            statement.bind(1, RowKey.make(receive.queue.rawValue, cursor))
            statement.bind(2, RowKey.make(receive.queue.rawValue, tip))
            defer { statement.reset() }
            while !receive.isDone, asideLeft > 0 {
                guard try statement.step() else {
                    receive.finishScan(at: tip)
                    return false
                }
                let group = Receive.group(of: statement)
                guard receive.mustWait(group) || receive.hasRoom(for: statement) else { return false }
                switch receive.takeScanned(statement, group: group) {
                case .hidden: continue
                case .aside: asideLeft -= 1
                case .full: return false
                case .spent(let lease): receive.spent.append(lease)
                case .leased(let lease): receive.serve(lease, statement, visit)
                }
            }
            return asideLeft == 0
        }
    }

    /// Sends messages whose receive count is spent on their way, without waiting for it.
    private func move(
        _ spent: [LeaseLedger.Lease], from queue: QueueKey, to deadLetter: QueueKey,
        by mover: DeadLetterMover?
    ) {
        guard !spent.isEmpty else { return }
        store.submit { writer throws(StoreError) -> DeadLetterMove in
            if let mover {
                return try writer.moveToDeadLetter(spent, from: queue, to: deadLetter, by: mover.mappingID)
            }
            try writer.moveToDeadLetter(spent, from: queue, to: deadLetter)
            return DeadLetterMove()
        } completion: { [leases = store.leases, now = store.now] result in
            switch result {
            case .success(let move): mover?.moved(move)
            // They are spent still, and the next receive tries again.
            case .failure: leases.cancelDelete(spent.map(\.position), in: queue, now: now())
            }
        }
    }

    /// Hides a received message for `seconds` from now (0: visible at once): by any of its receipts in a standard queue,
    /// by the one of its current receive in a FIFO queue.
    ///
    /// - Parameter seconds: 0...43,200.
    package func changeVisibility(
        of lease: MessageLease, in queue: QueueKey, seconds: Int, now: Timestamp
    ) throws(StoreError) -> VisibilityChange {
        guard let fifo = store.leases.ledger(of: queue)?.fifo else {
            return try changeVisibility(of: lease.position, in: queue, seconds: seconds, now: now)
        }
        let milliseconds = Int64(seconds) * 1_000
        let known = store.leases.changeVisibility(
            lease, in: queue, fifo, milliseconds: milliseconds, now: now)
        if let known { return known }
        // Received before the store was opened, and not met since: it is visible if it is there.
        let statement = try statement("SELECT 1 FROM message WHERE id = ?1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(queue.rawValue, lease.position))
            defer { statement.reset() }
            return try statement.step() ? .expired : .notInFlight
        }
    }

    /// Hides a received message of a standard queue for `seconds` from now (0: visible at once), by any of its receipts.
    ///
    /// - Parameter seconds: 0...43,200.
    package func changeVisibility(
        of position: Position, in queue: QueueKey, seconds: Int, now: Timestamp
    ) throws(StoreError) -> VisibilityChange {
        let milliseconds = Int64(seconds) * 1_000
        let known = store.leases.changeVisibility(position, in: queue, milliseconds: milliseconds, now: now)
        if let known { return known }
        // Received before the store was opened, and not met since: only its row tells whether it is there.
        let statement = try statement("SELECT receive_count, first_received_ms FROM message WHERE id = ?1")
        let row = try storeErrors { () throws(SQLiteError) -> (Int64, Int64)? in
            statement.bind(1, RowKey.make(queue.rawValue, position))
            defer { statement.reset() }
            return try statement.step() ? (statement.int(0), statement.int(1)) : nil
        }
        guard let row else { return .notInFlight }
        // Its receipt proves a receive, which a crash may have made the row forget.
        let note = LeaseNote(
            position: position, receiveCount: max(1, Int32(truncatingIfNeeded: row.0)),
            firstReceivedAt: row.1, lastReceivedAt: 0,
            visibleAt: now.millisecondsSinceEpoch + milliseconds)
        store.leases.adopt(note, in: queue, now: now)
        return .changed
    }
}
