package import EventModel

/// What is going to happen in a world, earliest first; what is due at the same time happens in the order of planning.
package struct Agenda<Event> {
    /// Latest first, so that the next one is the last.
    private var entries: [(time: Timestamp, event: Event)] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    package mutating func plan(_ event: Event, at time: Timestamp) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].time > time { low = middle + 1 } else { high = middle }
        }
        entries.insert((time, event), at: low)
    }

    /// The next event that happens until then, if there is one.
    package mutating func next(until end: Timestamp? = nil) -> (time: Timestamp, event: Event)? {
        if let end, let next = entries.last, next.time > end { return nil }
        return entries.popLast()
    }

    package mutating func removeAll(where isObsolete: (Event) -> Bool) {
        entries.removeAll { isObsolete($0.event) }
    }
}
