import AWSWire
import ByteCoding
import EventModel
import EventStore
import Metering

// MARK: - ListMetrics

extension CloudWatchService {
    func listMetrics(_ call: ServiceCall, _ arguments: Arguments) throws(AWSError) -> Answer {
        try arguments.refuse(["OwningAccount"], of: call.operation)
        if try arguments.bool("IncludeLinkedAccounts") == true {
            throw .notSupported(parameter: "IncludeLinkedAccounts", operation: call.operation)
        }
        let filter = try MetricListFilter(arguments, now: now())
        let place = try arguments.string("NextToken").map { text throws(AWSError) in try Self.place(text) }
        var listed = try metrics(in: call.location, after: place, filter)
        var members: [(String, Answer)] = []
        let isCut = listed.count > CloudWatchLimits.listed
        listed = Array(listed.prefix(CloudWatchLimits.listed))
        members.append(("Metrics", .list(listed.map { Self.metric($0.identity) })))
        if isCut, let last = listed.last { members.append(("NextToken", .text(Self.token(last.place)))) }
        return .object(members)
    }

    static func metric(_ identity: MetricIdentity) -> Answer {
        .object([
            ("Namespace", .text(identity.namespace)), ("MetricName", .text(identity.name)),
            (
                "Dimensions",
                .list(
                    identity.dimensions.map { dimension in
                        .object([("Name", .text(dimension.name)), ("Value", .text(dimension.value))])
                    })
            ),
        ])
    }

    /// Stored metrics and those that only memory has, in order; one more than a page when there are so many.
    private func metrics(
        in location: Location, after place: MetricPlace?, _ filter: MetricListFilter
    ) throws(AWSError) -> [ListedMetric] {
        var found: [MetricPlace: ListedMetric] = [:]
        let memory = recorder.snapshot { $0.location == location && filter.matches($0) }
        for point in memory.open + memory.waiting.flatMap(\.points) {
            let metric = ListedMetric(identity: point.series.identity, lastSlot: point.slot)
            if let place, metric.place <= place { continue }
            found[metric.place] = ListedMetric(
                identity: metric.identity, lastSlot: max(point.slot, found[metric.place]?.lastSlot ?? 0))
        }
        found = found.filter { $0.value.lastSlot >= filter.oldest }
        var count = 0
        do throws(StoreError) {
            try reader.metrics(in: location, after: place) { metric in
                guard filter.matches(metric.identity), metric.lastSlot >= filter.oldest else { return true }
                found[metric.place] = metric
                count += 1
                return count <= CloudWatchLimits.listed
            }
        } catch {
            throw error.wireError
        }
        return found.values.sorted { $0.place < $1.place }
    }

    private static func token(_ place: MetricPlace) -> String {
        let tree = JSONValue.array([
            .string(place.namespace), .string(place.name), .string(place.dimensions),
        ])
        return Base64.encode(tree.bytes)
    }

    private static func place(_ token: String) throws(AWSError) -> MetricPlace {
        guard let bytes = Base64.decode(token) else { throw .invalid(token, "NextToken") }
        do throws(JSONError) {
            let texts = (try JSONValue(parsing: bytes).arrayValue ?? []).compactMap(\.stringValue)
            guard texts.count == 3 else { throw JSONError(offset: 0, reason: "not three texts") }
            return MetricPlace(namespace: texts[0], name: texts[1], dimensions: texts[2])
        } catch {
            throw .invalid(token, "NextToken")
        }
    }
}

/// What a list is narrowed to.
struct MetricListFilter {
    private let namespace: String?
    private let name: String?
    /// A dimension of any value has none.
    private let dimensions: [(name: String, value: String?)]
    /// Metrics without a point since then are left out.
    let oldest: Int64

    init(_ arguments: Arguments, now: Timestamp) throws(AWSError) {
        namespace = try arguments.string("Namespace")
        name = try arguments.string("MetricName")
        let given = try arguments.objects("Dimensions") ?? []
        guard given.count <= CloudWatchLimits.dimensionFilters else {
            throw .tooMany("Dimensions", CloudWatchLimits.dimensionFilters)
        }
        var dimensions: [(name: String, value: String?)] = []
        for dimension in given {
            dimensions.append((try dimension.required("Name"), try dimension.string("Value")))
        }
        self.dimensions = dimensions
        var span = CloudWatchLimits.listedWithin
        if let recently = try arguments.string("RecentlyActive") {
            guard recently == "PT3H" else {
                throw .validation(
                    "1 validation error detected: Value '\(recently)' at 'recentlyActive' failed to satisfy "
                        + "constraint: Member must satisfy enum value set: [PT3H]")
            }
            span = CloudWatchLimits.recentlyActive
        }
        oldest = (now - span).millisecondsSinceEpoch.flooredQuotient(1_000)
    }

    func matches(_ identity: MetricIdentity) -> Bool {
        guard namespace == nil || namespace == identity.namespace, name == nil || name == identity.name else {
            return false
        }
        return dimensions.allSatisfy { wanted in
            identity.dimensions.contains {
                $0.name == wanted.name && (wanted.value == nil || wanted.value == $0.value)
            }
        }
    }
}
