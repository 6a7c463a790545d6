package import EventModel

// MARK: - What the ledger speaks of

extension LeaseLedger {
    package enum State: UInt8, Equatable, Sendable {
        /// In flight or delayed, until `visibleAt`.
        case hidden
        /// Waits to be received; it was received or delayed before.
        case ready
        /// Waits behind others, because its message group is noisy.
        case aside
        /// Its deletion or its move to the dead-letter queue is on the way to the disk.
        case leaving
    }

    /// 40 bytes, of which there may be hundreds of thousands: the order of the members counts.
    package struct Entry: Equatable, Sendable {
        package var visibleAt: Int64 = 0
        package var firstReceivedAt: Int64 = 0
        package var lastReceivedAt: Int64 = 0
        var group: GroupMark = .none
        /// 0 while it was never received.
        package var receiveCount: Int32 = 0
        package var state: State
        /// Made by a deletion of a row that was not known; gone when the deletion fails.
        var isPlaceholder = false
        /// Leaving for another queue: it counts as waiting here until it is there.
        var isMoving = false

        init(_ state: State) { self.state = state }
    }

    /// A message that a receive got.
    package struct Lease: Equatable, Sendable {
        package let position: Position
        package let receiveCount: Int32
        package let firstReceivedAt: Int64

        package init(position: Position, receiveCount: Int32, firstReceivedAt: Int64) {
            self.position = position
            self.receiveCount = receiveCount
            self.firstReceivedAt = firstReceivedAt
        }
    }

    /// What a receive may do with the next message.
    package enum Taken: Equatable, Sendable {
        case leased(Lease)
        /// Received too often: it is leaving now, and whoever asked moves it.
        case spent(Lease)
        /// Not receivable now; the ledger knows it.
        case hidden
        /// Receivable, but others go first; the ledger knows it.
        case aside
        /// The ledger holds as many delayed messages as it may; the scan stops before this one.
        case full
    }
}
