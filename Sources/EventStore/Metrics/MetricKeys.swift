import ByteCoding
import EventModel
import Metering

extension Schema {
    /// A row of `metric` for each series; its points are keyed by that row's key << 34 | second, so that those of a
    /// series stand together in the order of time.
    static let metrics = """
        CREATE TABLE metric (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL,
            namespace TEXT NOT NULL, name TEXT NOT NULL, dimensions TEXT NOT NULL, unit TEXT NOT NULL,
            resolution INTEGER NOT NULL, last_slot INTEGER NOT NULL,
            UNIQUE (account, region, namespace, name, dimensions, unit, resolution)) STRICT;
        CREATE TABLE metric_point (
            id INTEGER PRIMARY KEY, sample_count REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL,
            maximum REAL NOT NULL, distribution BLOB) STRICT;
        CREATE TABLE metric_batch (
            id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
        """
}

/// A point's key: that of its series in the high bits, the second in the low 34, which reach to the year 2514.
enum MetricKey {
    static let slotBits: Int64 = 34
    static let lastSlot: Int64 = 1 << slotBits - 1
    /// What the bits leave.
    static let lastSeries: Int64 = 1 << 29 - 1

    static func make(_ series: Int64, _ slot: Int64) -> Int64 {
        series << slotBits | min(lastSlot, max(0, slot))
    }
    static func slot(_ id: Int64) -> Int64 { id & lastSlot }
}

/// Dimensions as one text: `[["FunctionName","orders"]]`, sorted, so that equal sets have equal texts.
enum DimensionText {
    static func make(_ dimensions: [MetricDimension]) -> String {
        JSONValue.array(dimensions.map { .array([.string($0.name), .string($0.value)]) }).text
    }

    static func dimensions(_ text: String) throws(StoreError) -> [MetricDimension] {
        do throws(JSONError) {
            let pairs = try JSONValue(parsing: Array(text.utf8)).arrayValue ?? []
            return pairs.map { pair in
                let texts = (pair.arrayValue ?? []).map { $0.stringValue ?? "" }
                return MetricDimension(texts.first ?? "", texts.last ?? "")
            }
        } catch {
            throw .corrupt("the dimensions of a metric are not readable: \(error)")
        }
    }
}
