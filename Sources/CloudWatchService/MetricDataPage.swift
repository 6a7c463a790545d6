import ByteCoding
import EventModel

/// Where a page of `GetMetricData` goes on: with a query, behind one of its points.
struct MetricDataPlace: Equatable {
    let query: Int
    /// The beginning of the last period that was shown; new points do not move it.
    let after: Int64?

    init(query: Int, after: Int64?) {
        self.query = query
        self.after = after
    }

    init?(_ token: String) {
        guard let bytes = Base64.decode(token), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", let query = Int(parts[1]), query >= 0 else { return nil }
        if parts[2].isEmpty {
            self.init(query: query, after: nil)
        } else {
            guard let after = Int64(parts[2]) else { return nil }
            self.init(query: query, after: after)
        }
    }

    var token: String { Base64.encode(Array("1/\(query)/\(after.map { "\($0)" } ?? "")".utf8)) }
}

/// Collects the points of queries up to the limit of one answer.
struct MetricDataPage {
    /// Where this page begins.
    var place = MetricDataPlace(query: 0, after: nil)
    private var room: Int
    private var results: [Answer] = []
    private var next: MetricDataPlace?

    init(limit: Int) { room = limit }

    var hasRoom: Bool { room > 0 }
    var isCut: Bool { next != nil }

    mutating func stop(at place: MetricDataPlace) { next = place }

    mutating func add(_ values: [(time: Int64, value: Double)], of query: MetricDataQuery, at index: Int) {
        var rest = values[...]
        if index == place.query, let after = place.after {
            // The first value behind the place, whichever way time goes.
            let isDescending = values.count > 1 && values[0].time > values[1].time
            rest = rest.drop { isDescending ? $0.time >= after : $0.time <= after }
        }
        let shown = rest.prefix(room)
        room -= shown.count
        let isComplete = shown.count == rest.count
        if !isComplete { next = MetricDataPlace(query: index, after: shown.last?.time) }
        results.append(
            .object([
                ("Id", .text(query.id)), ("Label", .text(query.label)),
                (
                    "Timestamps",
                    .list(shown.map { .moment(Timestamp(millisecondsSinceEpoch: $0.time * 1_000)) })
                ),
                ("Values", .list(shown.map { .number($0.value) })),
                ("StatusCode", .text(isComplete ? "Complete" : "PartialData")),
            ]))
    }

    var answer: Answer {
        var members: [(String, Answer)] = [("MetricDataResults", .list(results))]
        if let next { members.append(("NextToken", .text(next.token))) }
        members.append(("Messages", .list([])))
        return .object(members)
    }
}
