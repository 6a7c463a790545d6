package import EventModel

/// When a batch is full, in records and in bytes of the event that carries it.
package struct BatchLimits: Equatable, Sendable {
    /// `BatchSize`, 1...10,000.
    package let size: Int
    /// `MaximumBatchingWindowInSeconds`; zero means "take what is there".
    package let window: Duration
    /// Largest event (Lambda quotas: 6 MB).
    package let eventBytes: Int
    /// Bytes of the event around its records: `{"Records":[` and `]}`.
    package let envelopeBytes: Int

    package init(
        size: Int, window: Duration = .zero, eventBytes: Int = Limits.eventBytes, envelopeBytes: Int = 14
    ) {
        precondition(
            size >= 1 && window >= .zero && eventBytes > envelopeBytes, "limits leave room for a record")
        self.size = size
        self.window = window
        self.eventBytes = eventBytes
        self.envelopeBytes = envelopeBytes
    }

    /// Around the records of a tumbling window: the largest state, and a kilobyte for the members beside it.
    static let windowEnvelopeBytes = TumblingWindow.stateBytes + 1_024

    package init(of settings: MappingSettings) {
        let hasState = settings.stream.map { $0.tumblingWindowSeconds > 0 } ?? false
        self.init(
            size: settings.batchSize, window: .seconds(settings.batchingWindowSeconds),
            envelopeBytes: hasState ? Self.windowEnvelopeBytes : 14)
    }
}

extension BatchLimits {
    /// When the window that is running now began: one that passes empty starts again, as often as it takes.
    func currentWindow(from start: Timestamp, now: Timestamp) -> Timestamp {
        guard window > .zero, now > start else { return start }
        let passed = (now - start).wholeMilliseconds / window.wholeMilliseconds
        return start + window * Int(passed)
    }
}

/// Why a batch was closed, as users are told.
package enum BatchClosing: String, Equatable, Sendable {
    /// `BatchSize` was reached.
    case size
    /// The next record would have made the event larger than 6 MB.
    case bytes
    /// The batching window was over.
    case window
    /// There is no batching window and nothing more was stored.
    case available
    /// The shard was closed and its last record is in this batch.
    case shardEnd
}
