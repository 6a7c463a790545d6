import EventModel

/// The next deadline among many slots: adding and taking cost the logarithm of their number.
///
/// An entry is not removed when its slot no longer waits; whoever takes it looks whether it still holds.
struct DeadlineHeap: Sendable {
    struct Entry: Equatable, Sendable {
        let time: Timestamp
        let slot: Int

        /// Earlier, or at the same time of a lower slot.
        func precedes(_ other: Entry) -> Bool {
            time < other.time || time == other.time && slot < other.slot
        }
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var first: Entry? { entries.first }

    mutating func insert(_ entry: Entry) {
        var place = entries.count
        entries.append(entry)
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.precedes(entries[parent]) else { break }
            entries[place] = entries[parent]
            place = parent
        }
        entries[place] = entry
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        var place = 0
        while 2 * place + 1 < entries.count {
            var child = 2 * place + 1
            if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
            guard entries[child].precedes(last) else { break }
            entries[place] = entries[child]
            place = child
        }
        entries[place] = last
    }

    mutating func removeAll() { entries.removeAll() }
}

/// Slots in line, first come first served.
struct SlotLine: Sendable {
    private var slots: [Int] = []
    private var head = 0

    var first: Int? { head < slots.count ? slots[head] : nil }

    mutating func append(_ slot: Int) { slots.append(slot) }

    mutating func removeFirst() {
        head += 1
        guard head == slots.count || head > 1_024 else { return }
        slots.removeFirst(head)
        head = 0
    }

    /// Back to the front, whence it was just taken.
    mutating func putBack(_ slot: Int) {
        if head > 0 {
            head -= 1
            slots[head] = slot
        } else {
            slots.insert(slot, at: 0)
        }
    }
}
