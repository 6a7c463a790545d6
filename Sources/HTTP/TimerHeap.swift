/// Names one scheduled piece of work; of no use after the work ran or was cancelled.
package struct TimerToken: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

/// A binary heap of deadlines from which any entry can be taken out again; a cancelled entry leaves nothing behind.
struct TimerHeap<Work> {
    private struct Entry {
        let deadline: Int64
        /// Keeps entries of one deadline in the order in which they were added.
        let order: UInt64
        let slot: Int
    }

    private struct Slot {
        var generation: UInt32 = 0
        var place = 0
        /// nil while the slot is free.
        var work: Work?
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var nextOrder: UInt64 = 0

    var count: Int { heap.count }

    /// Nanoseconds on the clock of the caller.
    var nextDeadline: Int64? { heap.first?.deadline }

    mutating func add(_ work: Work, deadline: Int64) -> TimerToken {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].work = work
        heap.append(Entry(deadline: deadline, order: nextOrder, slot: slot))
        nextOrder += 1
        moveUp(heap.count - 1)
        return TimerToken(slot: UInt32(slot), generation: slots[slot].generation)
    }

    /// Takes the entry out; nil if it is not there any more.
    @discardableResult
    mutating func remove(_ token: TimerToken) -> Work? {
        let slot = Int(token.slot)
        guard slot < slots.count, slots[slot].generation == token.generation, slots[slot].work != nil
        else { return nil }
        return takeOut(slots[slot].place)
    }

    /// Takes out the earliest entry if its deadline is not after `now`.
    mutating func popDue(_ now: Int64) -> Work? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        return takeOut(0)
    }

    private mutating func takeOut(_ place: Int) -> Work? {
        let slot = heap[place].slot
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            moveUp(place)
            moveDown(slots[last.slot].place)
        }
        let work = slots[slot].work
        slots[slot].work = nil
        slots[slot].generation &+= 1
        freeSlots.append(slot)
        return work
    }
}

// MARK: - Order

extension TimerHeap {
    private func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.deadline != right.deadline ? left.deadline < right.deadline : left.order < right.order
    }

    private mutating func moveUp(_ start: Int) {
        let entry = heap[start]
        var place = start
        while place > 0, isBefore(entry, heap[(place - 1) / 2]) {
            put(heap[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        put(entry, at: place)
    }

    private mutating func moveDown(_ start: Int) {
        let entry = heap[start]
        var place = start
        var child = earlierChild(of: place)
        while let next = child, isBefore(heap[next], entry) {
            put(heap[next], at: place)
            place = next
            child = earlierChild(of: place)
        }
        put(entry, at: place)
    }

    private func earlierChild(of place: Int) -> Int? {
        let left = 2 * place + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && isBefore(heap[right], heap[left]) ? right : left
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        slots[entry.slot].place = place
    }
}
