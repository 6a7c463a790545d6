import EventModel
package import Metering
import SQLite

extension StoreWriter {
    /// Adds points to what is stored of their minutes.
    ///
    /// - Parameter batch: The number of a recorder's batch, stored with it so that readers know whether they see it.
    /// - Throws: `.limit` when no more metrics can be told apart.
    package func record(_ points: [MetricPoint], batch: Int64? = nil) throws(StoreError) {
        var keys: [MetricSeries: Int64] = [:]
        // Checked before anything is written: an operation that throws must not have written.
        for point in points where keys[point.series] == nil { keys[point.series] = try key(of: point.series) }
        let missing = keys.values.count { $0 == 0 }
        if missing > 0, try lastMetricKey() + Int64(missing) > MetricKey.lastSeries {
            throw .limit("The data file holds as many metrics as it can.")
        }
        for (series, known) in keys where known == 0 { keys[series] = try add(series) }
        for point in points { try add(point, key: keys[point.series] ?? 0) }
        if let batch {
            try run("INSERT OR REPLACE INTO metric_batch (id, number) VALUES (1, ?1)") { $0.bind(1, batch) }
        }
    }

    /// 0 for one that is new.
    private func key(of series: MetricSeries) throws(StoreError) -> Int64 {
        let statement = try statement(
            """
            SELECT key FROM metric WHERE account = ?1 AND region = ?2 AND namespace = ?3 AND name = ?4
            AND dimensions = ?5 AND unit = ?6 AND resolution = ?7
            """)
        return try attempt { () throws(SQLiteError) in
            StoreWriter.bind(series, to: statement)
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : 0
        }
    }

    private func lastMetricKey() throws(StoreError) -> Int64 {
        let statement = try statement("SELECT max(key) FROM metric")
        return try attempt { () throws(SQLiteError) in
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : 0
        }
    }

    private func add(_ series: MetricSeries) throws(StoreError) -> Int64 {
        try insert(
            """
            INSERT INTO metric (account, region, namespace, name, dimensions, unit, resolution, last_slot)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
            """
        ) { StoreWriter.bind(series, to: $0) }
    }

    private static func bind(_ series: MetricSeries, to statement: Statement) {
        let identity = series.identity
        statement.bind(1, identity.location.account)
        statement.bind(2, identity.location.region)
        statement.bind(3, identity.namespace)
        statement.bind(4, identity.name)
        statement.bind(5, DimensionText.make(identity.dimensions))
        statement.bind(6, series.unit.rawValue)
        statement.bind(7, series.resolutionSeconds)
    }

    private func add(_ point: MetricPoint, key: Int64) throws(StoreError) {
        let id = MetricKey.make(key, point.slot)
        var merged = point.statistics
        if let stored = try statistics(id) {
            merged = stored
            merged.merge(point.statistics)
        }
        try run(
            """
            INSERT OR REPLACE INTO metric_point (id, sample_count, sum, minimum, maximum, distribution)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        ) { merged.bind(id: id, to: $0) }
        try run("UPDATE metric SET last_slot = ?2 WHERE key = ?1 AND last_slot < ?2") { statement in
            statement.bind(1, key)
            statement.bind(2, point.slot)
        }
    }

    private func statistics(_ id: Int64) throws(StoreError) -> StatisticSet? {
        let statement = try statement(
            "SELECT sample_count, sum, minimum, maximum, distribution FROM metric_point WHERE id = ?1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, id)
            defer { statement.reset() }
            return try statement.step() ? StatisticSet(statement, from: 0) : nil
        }
    }
}

// MARK: - Retention

extension StoreWriter {
    /// Series that one step looks at, and points of one that it removes; each costs a seek (our own).
    package static let metricSweepSeries = 64
    private static let metricSweepPoints: Int64 = 500

    /// Removes points past their retention, a step at a time: minutes after 15 days, seconds after 3 hours, a metric
    /// with its last point (CloudWatch API reference, `GetMetricStatistics`).
    ///
    /// - Parameter after: What the step before returned; 0 begins a new lap.
    /// - Returns: Where the next step goes on; 0 at the end of the lap.
    package func sweepMetrics(after: Int64) throws(StoreError) -> Int64 {
        var last = after
        for found in try series(after: after) {
            let kept = found.resolution < 60 ? MetricRetention.seconds : MetricRetention.minutes
            let oldest = (now - kept).millisecondsSinceEpoch.flooredQuotient(1_000)
            let before = connection.totalChanges
            try run(
                """
                DELETE FROM metric_point WHERE id IN (
                    SELECT id FROM metric_point WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3)
                """
            ) { statement in
                statement.bind(1, MetricKey.make(found.key, 0))
                statement.bind(2, MetricKey.make(found.key, oldest))
                statement.bind(3, StoreWriter.metricSweepPoints)
            }
            // More of this one the next time.
            if connection.totalChanges - before >= StoreWriter.metricSweepPoints { return last }
            if found.lastSlot < oldest {
                try run("DELETE FROM metric WHERE key = ?1") { $0.bind(1, found.key) }
            }
            last = found.key
        }
        return last == after ? 0 : last
    }

    private func series(
        after key: Int64
    ) throws(StoreError) -> [(key: Int64, resolution: Int64, lastSlot: Int64)] {
        let statement = try statement(
            "SELECT key, resolution, last_slot FROM metric WHERE key > ?1 ORDER BY key LIMIT ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, key)
            statement.bind(2, Int64(StoreWriter.metricSweepSeries))
            defer { statement.reset() }
            var found: [(key: Int64, resolution: Int64, lastSlot: Int64)] = []
            while try statement.step() {
                found.append((statement.int(0), statement.int(1), statement.int(2)))
            }
            return found
        }
    }
}

/// How long points are kept (CloudWatch API reference, `GetMetricStatistics`).
package enum MetricRetention {
    package static let minutes = Duration.seconds(15 * 86_400)
    package static let seconds = Duration.seconds(3 * 3_600)
}

extension StatisticSet {
    fileprivate func bind(id: Int64, to statement: Statement) {
        statement.bind(1, id)
        statement.bind(2, sampleCount)
        statement.bind(3, sum)
        statement.bind(4, minimum)
        statement.bind(5, maximum)
        guard let distribution else { return statement.bindNull(6) }
        // Of equal values nothing more is to be told.
        statement.bind(6, minimum == maximum ? [] : distribution.bytes)
    }

    /// Reads five columns.
    init(_ statement: Statement, from column: Int32) {
        let count = statement.double(column)
        let minimum = statement.double(column + 2)
        let maximum = statement.double(column + 3)
        var distribution: ValueDistribution?
        if !statement.isNull(column + 4) {
            let bytes = statement.bytes(column + 4)
            distribution = ValueDistribution(bytes: bytes)
            if bytes.isEmpty, minimum >= 0, count > 0 {
                distribution = ValueDistribution()
                distribution?.add(minimum, count: count)
            }
        }
        self.init(
            sampleCount: count, sum: statement.double(column + 1), minimum: minimum, maximum: maximum,
            distribution: distribution)
    }
}
