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
        /// For a report on successes, until the messages go.
        var answer: Answer?
        var permit: Permit?
        var request: (ordinal: RequestOrdinal, id: String) = (0, "")

        mutating func clear() {
            bytes = []
            ranges.removeAll(keepingCapacity: true)
            leases.removeAll(keepingCapacity: true)
            messageIDs.removeAll(keepingCapacity: true)
            sentAt.removeAll(keepingCapacity: true)
            answer = nil
        }
    }
}
