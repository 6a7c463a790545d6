package import EventModel

/// Delivers the messages of one standard queue to the function of one mapping (esm-sqs.md §2–4).
///
/// At most one slot gathers messages at a time; the others invoke. When a receive comes back full, the next free slot starts.
/// When nothing is there no permit is held and nothing is asked until `.messagesMayBeAvailable`.
package struct QueueMachine: Sendable {
    package let settings: QueueSettings

    package init(settings: QueueSettings) {
        self.settings = settings
    }

    /// Takes one input; returns what to do.
    package mutating func step(_ input: Input, now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        step(input, now: now, into: &effects)
        return effects
    }

    /// Takes one input and appends what to do, for shells that keep one array.
    package mutating func step(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        fatalError("pending")
    }

    /// Batches in flight, and messages held (those being invoked included), for `millrace status`.
    package var inFlightBatches: Int { fatalError("pending") }
    package var heldMessages: Int { fatalError("pending") }
}
