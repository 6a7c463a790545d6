/// The groups that have something to give, in the order in which they are served.
struct GroupRotation {
    private var groups: [Int32] = []
    private var start = 0

    var isEmpty: Bool { start == groups.count }
    var first: Int32? { start < groups.count ? groups[start] : nil }

    mutating func push(_ group: Int32) { groups.append(group) }

    mutating func pushFirst(_ group: Int32) {
        if start > 0 {
            start -= 1
            groups[start] = group
        } else {
            groups.insert(group, at: 0)
        }
    }

    mutating func pop() -> Int32? {
        guard start < groups.count else { return nil }
        let group = groups[start]
        start += 1
        if start == groups.count {
            groups.removeAll(keepingCapacity: start <= 1_024)
            start = 0
        } else if start > 1_024, start * 2 > groups.count {
            groups.removeFirst(start)
            start = 0
        }
        return group
    }
}

/// How many messages were sent in each of the last seconds, because a queue's delay may be changed afterwards.
struct RecentSends {
    /// The longest delay of a queue, in seconds (SQS API).
    private static let memory: Int64 = 900

    private var countOfSecond: [Int64: Int] = [:]

    mutating func add(_ count: Int, at sentAt: Int64) {
        let second = (sentAt + 999) / 1_000
        countOfSecond[second, default: 0] += count
        guard countOfSecond.count > Int(2 * RecentSends.memory) else { return }
        countOfSecond = countOfSecond.filter { $0.key >= second - RecentSends.memory }
    }

    /// Messages that were sent after a moment, by whole seconds.
    func count(after moment: Int64) -> Int {
        guard !countOfSecond.isEmpty else { return 0 }
        return countOfSecond.reduce(0) { $1.key * 1_000 > moment ? $0 + $1.value : $0 }
    }
}

/// What receives with a `ReceiveRequestAttemptId` got, so that a repeated request gets the same.
struct ReceiveAttempts {
    struct Lease {
        var position: Int64
        var serial: Int32
        /// Until when the receive hid it; anything else tells that somebody changed it.
        var visibleAt: Int64
    }

    struct Attempt {
        var leases: [Lease]
        let madeAt: Int64
    }

    /// How long a repeated request is one, in milliseconds (SQS API: 5 minutes).
    static let memory: Int64 = 300_000
    /// Attempts that are kept for one queue; the oldest go (own choice, a few MB).
    static let limit = 10_000

    private var attempts: [String: Attempt] = [:]
    private var order: [(id: String, madeAt: Int64)] = []

    subscript(id: String) -> Attempt? {
        get { attempts[id] }
        set { attempts[id] = newValue }
    }

    mutating func add(_ leases: [Lease], for id: String, now: Int64) {
        var gone = 0
        while gone < order.count,
            order[gone].madeAt + ReceiveAttempts.memory <= now || order.count - gone >= ReceiveAttempts.limit
        {
            let old = order[gone]
            if attempts[old.id]?.madeAt == old.madeAt { attempts[old.id] = nil }
            gone += 1
        }
        if gone > 0 { order.removeFirst(gone) }
        attempts[id] = Attempt(leases: leases, madeAt: now)
        order.append((id, now))
    }
}
