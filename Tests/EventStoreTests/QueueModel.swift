import EventModel
import EventStore

/// What a queue must do, written so that it is obviously right: one dictionary, no indexes.
struct QueueModel {
    struct Message: Equatable {
        var body: String
        var visibleAt: Timestamp
        var receiveCount = 0
        var isLeaving = false
    }

    var messages: [Position: Message] = [:]

    mutating func sent(_ body: String, at position: Position, visibleAt: Timestamp) {
        precondition(messages[position] == nil, "positions are given once")
        messages[position] = Message(body: body, visibleAt: visibleAt)
    }

    func receivable(_ now: Timestamp) -> [Position] {
        messages.filter { !$0.value.isLeaving && $0.value.visibleAt <= now }.map(\.key).sorted()
    }

    var received: [Position] { messages.filter { $0.value.receiveCount > 0 }.map(\.key).sorted() }

    mutating func receive(_ position: Position, visibleAt: Timestamp) {
        messages[position]?.receiveCount += 1
        messages[position]?.visibleAt = visibleAt
    }

    func counters(_ now: Timestamp) -> QueueCounters {
        let staying = messages.values.filter { !$0.isLeaving }
        return QueueCounters(
            visible: staying.count { $0.visibleAt <= now },
            inFlight: staying.count { $0.visibleAt > now && $0.receiveCount > 0 },
            delayed: staying.count { $0.visibleAt > now && $0.receiveCount == 0 })
    }
}

extension MessageBatch {
    mutating func append(body: String, group: String, deduplicationID: String = "") {
        var ranges: [Range<Int>] = []
        for text in [body, group, deduplicationID] {
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            ranges.append(start..<bytes.count)
        }
        entries.append(
            Entry(body: ranges[0], bodyMD5: 1, groupID: ranges[1], deduplicationID: ranges[2]))
    }
}

/// A small random number generator with a seed (SplitMix64), so that a failing run can be repeated.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
