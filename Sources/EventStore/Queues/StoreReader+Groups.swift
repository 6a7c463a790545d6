import EventModel
import SQLite
import Synchronization

extension StoreReader {
    /// Rows read on at a time: those of a few hundred pages (own choice).
    private static let rowsAtOnce: Int64 = 1_024

    /// Receives from a FIFO queue.
    func walk(
        _ fifo: FIFOLeases, _ receive: inout Receive, _ attempt: String?, passingOver: Set<UInt64>,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) {
        let request = GroupLedger.Request(
            maximum: receive.maximum, now: receive.now, visibleAt: receive.visibleAt,
            maxReceiveCount: receive.maxReceiveCount, oldestSent: receive.oldestSent,
            spentLimit: Receive.spentLimit, passedOver: passingOver)
        let repeated: [LeaseLedger.Lease]? = fifo.groups.withLock { ledger in
            ledger.promote(now: request.now)
            return attempt.flatMap { ledger.repeated($0, request) }
        }
        if let repeated { return try serve(repeated, &receive, isRepeated: true, visit) }
        let taken = try take(fifo, request, of: receive.queue)
        receive.spent = taken.spent
        receive.outcome.passedOver = taken.passedOver
        try serve(taken.leases, &receive, isRepeated: false, visit)
        guard let attempt else { return }
        let served = Array(taken.leases.prefix(receive.outcome.received))
        fifo.groups.withLock { $0.remember(attempt, served, request) }
    }

    /// Takes what the ledger gives, reading on as long as that is not enough.
    func take(
        _ fifo: FIFOLeases, _ request: GroupLedger.Request, of queue: QueueKey
    ) throws(StoreError) -> GroupLedger.Taken {
        var taken = GroupLedger.Taken()
        var rows: [GroupLedger.Row] = []
        var failure: StoreError?
        var range = fifo.groups.withLock { $0.rangeToRead(now: request.now, isNeeded: false) }
        var goesOn = true
        while goesOn {
            var readTo: Position?
            if let (cursor, tip) = range {
                do throws(StoreError) {
                    rows = try read(after: cursor, upTo: tip, of: queue)
                    readTo = rows.count < Int(StoreReader.rowsAtOnce) ? tip : rows.last?.position
                } catch {
                    failure = error
                    rows = []
                }
            }
            (range, goesOn) = fifo.groups.withLock { [rows] ledger in
                let isAdmitted = ledger.admit(rows, now: request.now, oldestSent: request.oldestSent)
                if let readTo, isAdmitted { ledger.finishReading(at: readTo) }
                ledger.take(request, into: &taken)
                let isEnough =
                    taken.leases.count >= request.maximum || taken.spent.count >= request.spentLimit
                let more =
                    isEnough || failure != nil
                    ? nil : ledger.rangeToRead(now: request.now, isNeeded: true)
                if more == nil { ledger.endReceive() }
                return (more, more != nil)
            }
        }
        if let failure, taken.leases.isEmpty, taken.spent.isEmpty { throw failure }
        return taken
    }

    private func read(
        after cursor: Position, upTo tip: Position, of queue: QueueKey
    ) throws(StoreError) -> [GroupLedger.Row] {
        let statement = try statement(
            """
            SELECT id, sent_ms, visible_ms, receive_count, first_received_ms, group_id, arrived_count
            FROM message
            WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3
            """)
        var rows: [GroupLedger.Row] = []
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(queue.rawValue, cursor))
            statement.bind(2, RowKey.make(queue.rawValue, tip))
            statement.bind(3, StoreReader.rowsAtOnce)
            defer { statement.reset() }
            while try statement.step() {
                rows.append(
                    GroupLedger.Row(
                        position: RowKey.position(statement.int(0)),
                        group: GroupName.hash(statement.bytes(5).span), sentAt: statement.int(1),
                        visibleAt: statement.int(2),
                        receiveCount: Int32(truncatingIfNeeded: statement.int(3)),
                        firstReceivedAt: statement.int(4),
                        arrivedCount: Int32(truncatingIfNeeded: statement.int(6))))
            }
            return rows
        }
    }

    /// Shows leased messages to the caller; those behind a full or failed one are put back.
    private func serve(
        _ leases: [LeaseLedger.Lease], _ receive: inout Receive, isRepeated: Bool,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) throws(StoreError) {
        let statement = try statement(
            """
            SELECT id, sent_ms, visible_ms, receive_count, first_received_ms, origin, body_md5, attributes,
                attributes_md5, trace_header, group_id, dead_letter_source, body, deduplication_id
            FROM message WHERE id = ?1
            """)
        var next = 0
        do throws(StoreError) {
            try storeErrors { () throws(SQLiteError) in
                while next < leases.count {
                    statement.bind(1, RowKey.make(receive.queue.rawValue, leases[next].position))
                    defer { statement.reset() }
                    guard try statement.step() else {
                        receive.forget(leases[next].position)
                        next += 1
                        continue
                    }
                    guard receive.hasRoom(for: statement) else { break }
                    receive.serve(leases[next], statement, visit)
                    next += 1
                }
            }
        } catch {
            if !isRepeated { putBack(leases[next...], receive) }
            throw error
        }
        if !isRepeated { putBack(leases[next...], receive) }
    }

    /// From the last to the first, because each one goes before all others.
    private func putBack(_ leases: ArraySlice<LeaseLedger.Lease>, _ receive: Receive) {
        for lease in leases.reversed() { receive.putBack(lease.position) }
    }
}

extension GroupLedger {
    /// The positions between which a receive reads on: after the first, up to the second.
    ///
    /// - Parameter isNeeded: False when the rotation was not asked yet: then it is enough that some messages wait.
    func rangeToRead(now: Int64, isNeeded: Bool) -> (cursor: Position, tip: Position)? {
        guard mayReadOn(now: now), isNeeded || waitingCount < GroupLedger.enoughWaiting else { return nil }
        return (cursor, tip)
    }
}

/// The IDs of message groups as numbers.
package enum GroupName {
    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). Two groups that share a number are served as one, in order
    /// still.
    package static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
