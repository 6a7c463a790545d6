import EventModel
import MappingCore
import RuntimeAPI

extension QueuePoller {
    /// What one slot holds: its messages' JSON and what is needed to delete and to name them.
    struct Slot {
        var bytes: [UInt8] = []
        /// Start and end of each message in `bytes`; a comma follows.
        var ranges: [Range<Int>] = []
        var leases: [MessageLease] = []
        var messageIDs: [MessageID] = []
        var sentAt: [Timestamp] = []
        /// Of the messages of a FIFO queue; empty for a standard one.
        var groups: [Int] = []
        /// For a report on successes, until the messages go.
        var answer: Answer?
        var permit: Permit?
        var request: (ordinal: RequestOrdinal, id: String) = (0, "")
        /// Whether the answer to what is invoked names the messages that failed.
        var reportsFailures = false

        /// Messages whose room an idle slot keeps (our own): there may be a thousand slots.
        private static let keptMessages = 1_024

        mutating func clear() { cut(to: 0) }

        /// Forgets messages that were received last.
        mutating func cut(to count: Int) {
            guard count > 0 else {
                let keeps = ranges.count <= Self.keptMessages
                bytes = []
                ranges.removeAll(keepingCapacity: keeps)
                leases.removeAll(keepingCapacity: keeps)
                messageIDs.removeAll(keepingCapacity: keeps)
                sentAt.removeAll(keepingCapacity: keeps)
                groups.removeAll(keepingCapacity: keeps)
                answer = nil
                return
            }
            bytes.removeSubrange(ranges[count].lowerBound...)
            ranges.removeSubrange(count...)
            leases.removeSubrange(count...)
            messageIDs.removeSubrange(count...)
            sentAt.removeSubrange(count...)
            if !groups.isEmpty { groups.removeSubrange(count...) }
        }
    }
}
