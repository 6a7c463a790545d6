package import EventModel
import SQLite

// MARK: - Events

extension StoreWriter {
    /// Stores events of a stream.
    package func putLogEvents(
        _ batch: LogBatch, toStreamNamed stream: String, ofGroupNamed group: String, in location: Location
    ) throws(StoreError) {
        let group = try existingLogGroup(named: group, in: location)
        guard let stream = try logStream(named: stream, in: group.key) else {
            throw .notFound(LogRows.streamNoun)
        }
        try append(batch, stream: stream.key, group: group.key)
    }

    /// Stores what functions printed; groups and streams that are not there are made.
    package func putFunctionLogs(_ batches: [NamedLogBatch]) throws(StoreError) {
        for named in batches {
            let group =
                if let known = try logGroup(named: named.group, in: named.location) { known.key } else {
                    try addLogGroup(named: named.group, in: named.location)
                }
            let stream =
                if let known = try logStream(named: named.stream, in: group) { known.key } else {
                    try addLogStream(named: named.stream, in: group)
                }
            try append(named.batch, stream: stream, group: group)
        }
    }

    private func append(_ batch: LogBatch, stream: Int64, group: Int64) throws(StoreError) {
        guard let last = batch.events.map(\.milliseconds).max() else { return }
        let moment = now.millisecondsSinceEpoch
        let first = try takeLogNumbers(batch.count, bytes: batch.size, of: group)
        let statement = try statement(
            """
            INSERT INTO log_event (log_group, at_ms, number, stream, ingested_ms, message)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
        let result: Result<Void, StoreError> = batch.bytes.withUnsafeBytes { bytes in
            do throws(StoreError) {
                return .success(
                    try attempt { () throws(SQLiteError) in
                        var start = 0
                        for (offset, event) in batch.events.enumerated() {
                            statement.bind(1, group)
                            statement.bind(2, event.milliseconds)
                            statement.bind(3, first + Int64(offset))
                            statement.bind(4, stream)
                            statement.bind(5, moment)
                            statement.bind(
                                6, borrowing: UnsafeRawBufferPointer(rebasing: bytes[start..<event.end]))
                            try statement.run()
                            start = event.end
                        }
                    })
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        try run(
            """
            UPDATE log_stream SET last_event_ms = max(last_event_ms, ?2), ingested_ms = ?3 WHERE key = ?1
            """
        ) { statement in
            statement.bind(1, stream)
            statement.bind(2, last)
            statement.bind(3, moment)
        }
    }

    /// The first of `count` numbers that nobody else has.
    private func takeLogNumbers(
        _ count: Int, bytes: Int, of group: Int64
    ) throws(StoreError) -> Int64 {
        let statement = try statement(
            """
            UPDATE log_group SET next_number = next_number + ?2, stored_bytes = stored_bytes + ?3
            WHERE key = ?1 RETURNING next_number
            """)
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, group)
            statement.bind(2, Int64(count))
            statement.bind(3, Int64(bytes))
            defer { statement.reset() }
            let end = try statement.step() ? statement.int(0) : 0
            while try statement.step() {}
            return end - Int64(count)
        }
    }
}
