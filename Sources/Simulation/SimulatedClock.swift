package import EventModel

/// The one time of a world: moves only when something is due.
package struct SimulatedClock: Sendable {
    package private(set) var now: Timestamp

    package init(now: Timestamp = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)) { self.now = now }

    package mutating func advance(to time: Timestamp) {
        precondition(time >= now, "time does not run back")
        now = time
    }
}
