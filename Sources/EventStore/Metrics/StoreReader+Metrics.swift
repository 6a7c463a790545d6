package import EventModel
package import Metering
import SQLite

/// A metric as `ListMetrics` shows it.
package struct ListedMetric: Equatable, Sendable {
    package let identity: MetricIdentity
    /// Of its newest stored point, in seconds since 1970.
    package var lastSlot: Int64

    package init(identity: MetricIdentity, lastSlot: Int64) {
        self.identity = identity
        self.lastSlot = lastSlot
    }

    /// Where it stands in the order of lists.
    package var place: MetricPlace {
        MetricPlace(
            namespace: identity.namespace, name: identity.name,
            dimensions: DimensionText.make(identity.dimensions))
    }
}

/// The order of lists: by namespace, name, and dimensions as text.
package struct MetricPlace: Hashable, Comparable, Sendable {
    package let namespace: String
    package let name: String
    package let dimensions: String

    package init(namespace: String, name: String, dimensions: String) {
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions
    }

    /// By bytes, as SQLite compares.
    package static func < (left: MetricPlace, right: MetricPlace) -> Bool {
        if left.namespace != right.namespace {
            return left.namespace.utf8.lexicographicallyPrecedes(right.namespace.utf8)
        }
        if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
        return left.dimensions.utf8.lexicographicallyPrecedes(right.dimensions.utf8)
    }
}

extension StoreReader {
    /// The number of the last recorder's batch that was stored; 0 before the first.
    package func lastMetricBatch() throws(StoreError) -> Int64 {
        let statement = try statement("SELECT number FROM metric_batch WHERE id = 1")
        return try storeErrors { () throws(SQLiteError) in
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : 0
        }
    }

    /// The stored points of a metric, with the number of the last batch that they contain.
    ///
    /// - Parameter slots: In seconds since 1970.
    package func points(
        of identity: MetricIdentity, resolutionSeconds: Int64, in slots: Range<Int64>
    ) throws(StoreError) -> (points: [MetricPoint], batch: Int64) {
        try asOneRead { () throws(StoreError) in
            var points: [MetricPoint] = []
            for (key, unit) in try series(of: identity, resolutionSeconds: resolutionSeconds) {
                let series = MetricSeries(identity, unit: unit, resolutionSeconds: resolutionSeconds)
                let statement = try statement(
                    """
                    SELECT id, sample_count, sum, minimum, maximum, distribution FROM metric_point
                    WHERE id >= ?1 AND id < ?2 ORDER BY id
                    """)
                try storeErrors { () throws(SQLiteError) in
                    statement.bind(1, MetricKey.make(key, slots.lowerBound))
                    statement.bind(2, MetricKey.make(key, slots.upperBound))
                    defer { statement.reset() }
                    while try statement.step() {
                        points.append(
                            MetricPoint(
                                series: series, slot: MetricKey.slot(statement.int(0)),
                                statistics: StatisticSet(statement, from: 1)))
                    }
                }
            }
            return (points, try lastMetricBatch())
        }
    }

    private func series(
        of identity: MetricIdentity, resolutionSeconds: Int64
    ) throws(StoreError) -> [(key: Int64, unit: MetricUnit)] {
        let statement = try statement(
            """
            SELECT key, unit FROM metric WHERE account = ?1 AND region = ?2 AND namespace = ?3 AND name = ?4
            AND dimensions = ?5 AND resolution = ?6
            """)
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, identity.location.account)
            statement.bind(2, identity.location.region)
            statement.bind(3, identity.namespace)
            statement.bind(4, identity.name)
            statement.bind(5, DimensionText.make(identity.dimensions))
            statement.bind(6, resolutionSeconds)
            defer { statement.reset() }
            var found: [(key: Int64, unit: MetricUnit)] = []
            while try statement.step() {
                found.append((statement.int(0), MetricUnit(rawValue: statement.text(1)) ?? .none))
            }
            return found
        }
    }

    /// Visits the stored metrics of a location behind a place, in the order of lists; false stops.
    package func metrics(
        in location: Location, after place: MetricPlace?, _ visit: (ListedMetric) -> Bool
    ) throws(StoreError) {
        let statement = try statement(
            """
            SELECT namespace, name, dimensions, max(last_slot) FROM metric
            WHERE account = ?1 AND region = ?2 AND (namespace, name, dimensions) > (?3, ?4, ?5)
            GROUP BY namespace, name, dimensions ORDER BY namespace, name, dimensions
            """)
        var problem: StoreError?
        try storeErrors { () throws(SQLiteError) in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, place?.namespace ?? "")
            statement.bind(4, place?.name ?? "")
            statement.bind(5, place?.dimensions ?? "")
            defer { statement.reset() }
            while try statement.step() {
                do throws(StoreError) {
                    let identity = MetricIdentity(
                        location: location, namespace: statement.text(0), name: statement.text(1),
                        dimensions: try DimensionText.dimensions(statement.text(2)))
                    guard visit(ListedMetric(identity: identity, lastSlot: statement.int(3))) else { return }
                } catch {
                    problem = error
                    return
                }
            }
        }
        if let problem { throw problem }
    }
}
