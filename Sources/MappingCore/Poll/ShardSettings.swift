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
    /// How many records are asked for ahead of the batch in hand, at most.
    package var readAheadRecords: Int
    /// How many encoded bytes may be held before reading pauses; one fetch may go over by one record.
    package var readAheadBytes: Int

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
        // Two batches, and not less than 100 records, so that small batches do not cost a read each.
        readAheadRecords = max(2 * batch.size, 100)
        readAheadBytes = 2 * batch.eventBytes
    }

    package init(of settings: MappingSettings, retention: Duration?, backOff: BackOff = .standard) {
        self.init(
            batch: BatchLimits(of: settings),
            maximumRetryAttempts: settings.stream?.maximumRetryAttempts,
            maximumRecordAge: settings.stream?.maximumRecordAgeSeconds.map { .seconds($0) },
            retention: retention, bisectsOnError: settings.stream?.bisectsOnError ?? false, backOff: backOff)
    }
}
