package import EventModel

/// What is going to happen in a world, earliest first; what is due at the same time happens in the order of planning.
package struct Agenda<Event> {
    private var entries: [(time: Timestamp, event: Event)] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    package mutating func plan(_ event: Event, at time: Timestamp) {
        let place = entries.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
        entries.insert((time, event), at: place)
    }

    package mutating func next() -> (time: Timestamp, event: Event)? {
        entries.isEmpty ? nil : entries.removeFirst()
    }

    package mutating func removeAll(where isObsolete: (Event) -> Bool) {
        entries.removeAll { isObsolete($0.event) }
    }
}
