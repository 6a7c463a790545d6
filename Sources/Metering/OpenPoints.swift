/// The points of one handle that are not yet on their way into the store: most often the present minute's alone.
struct OpenPoints: Sendable {
    private(set) var points: [(slot: Int64, statistics: StatisticSet)] = []

    var isEmpty: Bool { points.isEmpty }

    mutating func add(_ value: Double, count: Double, slot: Int64) {
        // Newest last, and the newest is the one nearly always meant.
        var index = points.count - 1
        while index >= 0, points[index].slot != slot { index -= 1 }
        if index >= 0 {
            points[index].statistics.add(value, count: count)
        } else {
            points.append((slot, StatisticSet(value, count: count)))
        }
    }

    /// Takes out what ended before a moment, all when it is `nil`.
    mutating func take(before slot: Int64?) -> [(slot: Int64, statistics: StatisticSet)] {
        let taken = points.filter { point in slot.map { point.slot < $0 } ?? true }
        points.removeAll { point in slot.map { point.slot < $0 } ?? true }
        return taken
    }
}
