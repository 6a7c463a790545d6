import EventModel
import SQLite
import Synchronization

/// One receive while it goes: what it asks for, and what it got so far.
struct Receive {
    let queue: QueueKey
    let ledger: QueueLedger
    let now: Int64
    let visibleAt: Int64
    let maxReceiveCount: Int?
    /// Messages sent at or before it are past retention.
    let oldestSent: Int64
    let secret: UInt64
    let maximum: Int
    var bytesLeft: Int

    var outcome = ReceiveOutcome()
    /// What is to be kept of the messages that were visited.
    var notes: LeaseNotes
    /// Messages for the dead-letter queue.
    var spent: [LeaseLedger.Lease] = []
    private var isOutOfBytes = false

    /// Where a row tells how often the message was received before it came to this queue as a dead letter.
    static let arrivedCountColumn: Int32 = 14

    /// Messages moved by one receive, so that a queue full of spent ones does not hold its caller for long.
    static let spentLimit = 1_000
    /// Messages of noisy groups that one receive looks past: about half a millisecond.
    static let asideAtOnce = 500

    init(
        queue: QueueKey, ledger: QueueLedger, now: Int64, visibleAt: Int64, maxReceiveCount: Int?,
        oldestSent: Int64,
        secret: UInt64, maximum: Int, bytesLeft: Int
    ) {
        self.queue = queue
        notes = LeaseNotes(queue: queue)
        self.ledger = ledger
        self.now = now
        self.visibleAt = visibleAt
        self.maxReceiveCount = maxReceiveCount
        self.oldestSent = oldestSent
        self.secret = secret
        self.maximum = maximum
        self.bytesLeft = bytesLeft
    }

    var isDone: Bool {
        outcome.received >= maximum || isOutOfBytes || spent.count >= Receive.spentLimit
    }
}

// MARK: - The ledger

extension Receive {
    func takeReady() -> LeaseLedger.Taken? {
        ledger.state.withLock {
            $0.takeReady(now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
    }

    func takeAside() -> LeaseLedger.Taken? {
        ledger.state.withLock {
            $0.takeAside(now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
    }

    /// The message group of a row.
    static func group(of row: Statement) -> GroupMark {
        guard !row.isNull(10) else { return .none }
        let name = row.bytes(10)
        return GroupMark(name.span)
    }

    /// True when a message of the group would be set aside now, so that its body need not be looked at.
    func mustWait(_ group: GroupMark) -> Bool {
        group != .none && ledger.state.withLock { $0.mustWait(group) }
    }

    func takeScanned(_ row: Statement, group: GroupMark) -> LeaseLedger.Taken {
        let position = RowKey.position(row.int(0))
        let sentAt = row.int(1)
        return ledger.state.withLock { ledger in
            guard sentAt > oldestSent else {
                ledger.pass(position)
                return .hidden
            }
            let facts = (
                receiveCount: Int32(truncatingIfNeeded: row.int(3)), firstReceivedAt: row.int(4),
                visibleAt: row.int(2)
            )
            return ledger.takeScanned(
                position, row: facts, group: group, now: now, visibleAt: visibleAt,
                maxReceiveCount: maxReceiveCount.map { $0 + Int(row.int(Receive.arrivedCountColumn)) })
        }
    }

    /// Receives a message that the ledger, which knows all receives but not where they were, took for spent.
    ///
    /// - Returns: `nil` when its receives in this queue alone have spent it.
    func receiveSpent(_ lease: LeaseLedger.Lease, _ row: Statement) -> LeaseLedger.Lease? {
        guard let maxReceiveCount, row.int(Receive.arrivedCountColumn) > 0,
            Int(lease.receiveCount) < maxReceiveCount + Int(row.int(Receive.arrivedCountColumn))
        else { return nil }
        return ledger.state.withLock {
            $0.receiveSpent(lease.position, now: now, visibleAt: visibleAt)
        }
    }

    func finishScan(at position: Position) { ledger.state.withLock { $0.finishScan(at: position) } }
    /// The row is gone or past retention: nothing to keep in mind.
    func forget(_ position: Position) {
        if let fifo = ledger.fifo {
            fifo.groups.withLock { _ = $0.remove(CollectionOfOne(position)) }
        } else {
            ledger.state.withLock { $0.remove(CollectionOfOne(position)) }
        }
    }
    func putBack(_ position: Position) {
        if let fifo = ledger.fifo {
            fifo.groups.withLock { $0.putBack(position, now: now) }
        } else {
            ledger.state.withLock { $0.putBack(position, now: now) }
        }
    }
    /// It is spent still, and the next receive asks again.
    func keepSpent(_ position: Position) { ledger.state.withLock { $0.cancelLeave([position], now: now) } }
}

// MARK: - Serving

extension Receive {
    /// False ends the receive before the row.
    mutating func hasRoom(for row: Statement) -> Bool {
        let size = row.bytes(12).count + row.bytes(7).count
        if size > bytesLeft, outcome.received > 0 { isOutOfBytes = true }
        return !isOutOfBytes
    }

    /// Shows a leased message's row to the caller.
    mutating func serve(
        _ lease: LeaseLedger.Lease, _ row: Statement,
        _ visit: (ReceivedMessage, Span<UInt8>, Span<UInt8>) -> Void
    ) {
        guard row.int(1) > oldestSent else { return forget(lease.position) }
        guard hasRoom(for: row) else { return putBack(lease.position) }
        let body = row.bytes(12)
        let attributes = row.bytes(7)
        bytesLeft -= body.count + attributes.count
        outcome.received += 1
        notes.append(
            LeaseNote(
                position: lease.position, receiveCount: lease.receiveCount,
                firstReceivedAt: lease.firstReceivedAt, lastReceivedAt: now, visibleAt: visibleAt))
        visit(message(of: lease, row), body.span, attributes.span)
    }

    /// What a row and its lease tell; a FIFO queue's row has one more column, the deduplication ID.
    func message(of lease: LeaseLedger.Lease, _ row: Statement) -> ReceivedMessage {
        let messageID = MessageID(row: row.isNull(5) ? row.int(0) : row.int(5), secret: secret)
        var deduplicationID: String?
        // What was moved here has its message ID for a deduplication ID.
        if ledger.fifo != nil { deduplicationID = row.optionalText(13) ?? messageID.description }
        return ReceivedMessage(
            position: lease.position, messageID: messageID,
            receipt: ReceiptHandle(
                queue: queue, position: lease.position, serial: UInt32(bitPattern: lease.receiveCount),
                secret: secret),
            receiveCount: Int(lease.receiveCount),
            firstReceivedAt: Timestamp(millisecondsSinceEpoch: lease.firstReceivedAt),
            sentAt: Timestamp(millisecondsSinceEpoch: row.int(1)), bodyMD5: Receive.digest(row.bytes(6)),
            attributesMD5: Receive.digest(row.bytes(8)), traceHeader: row.optionalText(9),
            groupID: row.optionalText(10), deduplicationID: deduplicationID,
            deadLetterSource: row.optionalText(11).flatMap { ARN($0) })
    }

    /// 16 big-endian bytes; 0 for none.
    private static func digest(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt128 {
        guard bytes.count == 16 else { return 0 }
        return UInt128(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: UInt128.self))
    }
}
