/// How many messages of a queue are delayed, by the second in which they become visible (at most 900 s ahead).
struct DelayCounts {
    /// Positions behind it were counted when they were sent; the others when a scan finds them.
    private let countedAfter: Int64
    private var countOfSecond: [Int64: Int] = [:]
    private(set) var total = 0
    private var forgottenSecond = Int64.min

    init(countedAfter: Int64) { self.countedAfter = countedAfter }

    mutating func sent(until visibleAt: Int64) {
        let second = (visibleAt + 999) / 1_000
        guard second > forgottenSecond else { return }
        countOfSecond[second, default: 0] += 1
        total += 1
    }

    mutating func found(at visibleAt: Int64, position: Int64, isDelayed: Bool) {
        if isDelayed, position <= countedAfter { sent(until: visibleAt) }
    }

    mutating func forget(until now: Int64) {
        let second = now / 1_000
        guard second > forgottenSecond else { return }
        forgottenSecond = second
        guard total > 0 else { return }
        for (key, count) in countOfSecond where key <= second {
            total -= count
            countOfSecond[key] = nil
        }
    }
}
