/// The next batch while it is being filled from what is held.
struct BatchFill: Equatable, Sendable {
    private(set) var count = 0
    /// Bytes of the event that would carry the items so far.
    private(set) var eventBytes = 0

    /// Takes items until the batch is full; says why it is, or `nil` when there is room left.
    ///
    /// - Parameters:
    ///   - held: How many items there are, those already taken included.
    ///   - encodedBytes: The size of an item, by its place.
    mutating func extend(
        over held: Int, within limits: BatchLimits, encodedBytes: (Int) -> Int
    ) -> BatchClosing? {
        while count < limits.size {
            // A first item that is too large alone leaves no room for a second.
            if count > 0, eventBytes > limits.eventBytes { return .bytes }
            guard count < held else { return nil }
            let added = encodedBytes(count)
            // One comma between two items.
            let grown = count == 0 ? limits.envelopeBytes + added : eventBytes + 1 + added
            if count > 0, grown > limits.eventBytes { return .bytes }
            count += 1
            eventBytes = grown
        }
        return .size
    }
}
