package import EventModel

/// What a `ShardMachine` has to know of its mapping, its function and its stream.
package struct ShardSettings: Equatable, Sendable {
    package var batch: BatchLimits
    /// `MaximumRetryAttempts`; `nil` (−1 on the wire) retries until the records expire.
    package var maximumRetryAttempts: Int?
    /// `MaximumRecordAgeInSeconds`; `nil` for no limit.
    package var maximumRecordAge: Duration?
    /// How long the source keeps a record; older ones are given up like those over the maximum age.
    package var retention: Duration?
    package var bisectsOnError: Bool
    package var backOff: BackOff
    package init(
        batch: BatchLimits, maximumRetryAttempts: Int? = nil, maximumRecordAge: Duration? = nil,
        retention: Duration? = nil, bisectsOnError: Bool = false, backOff: BackOff = .standard
    ) {
        self.batch = batch
        self.maximumRetryAttempts = maximumRetryAttempts
        self.maximumRecordAge = maximumRecordAge
        self.retention = retention
        self.bisectsOnError = bisectsOnError
        self.backOff = backOff
    }

    package init(of settings: MappingSettings, retention: Duration?, backOff: BackOff = .standard) {
        self.init(
            batch: BatchLimits(of: settings),
            maximumRetryAttempts: settings.stream?.maximumRetryAttempts,
            maximumRecordAge: settings.stream?.maximumRecordAgeSeconds.map { .seconds($0) },
            retention: retention, bisectsOnError: settings.stream?.bisectsOnError ?? false, backOff: backOff)
    }
}

extension ShardSettings {
    /// Records that may be held, the batch in hand included: two batches, so that one is read while the other is
    /// invoked, and not less than 100, so that small batches do not cost a read each.
    package var readAheadRecords: Int { max(2 * batch.size, 100) }

    /// Encoded bytes that may be held before reading pauses: two full events. A fetch may go over by one record.
    package var readAheadBytes: Int { 2 * batch.eventBytes }

    /// The age above which a record is given up; `nil` when there is no limit.
    var ageLimit: Duration? {
        guard let maximumRecordAge, let retention else { return maximumRecordAge ?? retention }
        return min(maximumRecordAge, retention)
    }
}
