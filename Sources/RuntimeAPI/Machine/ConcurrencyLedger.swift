/// Counts who runs: the account's limit, and the part of it that functions have reserved. Pure.
struct ConcurrencyLedger {
    fileprivate struct Entry {
        var running = 0
        var reserved: Int?
    }

    let limit: Int
    private(set) var running = 0
    private var runningUnreserved = 0
    private var reservedTotal = 0
    private var entries: [String: Entry] = [:]

    init(limit: Int) {
        precondition(limit > 0, "a host runs something")
        self.limit = limit
    }

    /// Why one more invocation of the function must not run.
    func refusal(_ name: String) -> ThrottleReason? {
        if let entry = entries[name], let reserved = entry.reserved {
            return entry.running < reserved ? nil : .reservedFunction
        }
        return runningUnreserved < limit - reservedTotal ? nil : .account
    }

    mutating func take(_ name: String) {
        precondition(refusal(name) == nil, "a permit is there to be taken")
        let isReserved = entries[name, default: Entry()].take()
        running += 1
        if !isReserved { runningUnreserved += 1 }
    }

    mutating func giveBack(_ name: String) {
        let isReserved = entries[name, default: Entry()].giveBack()
        running -= 1
        if !isReserved { runningUnreserved -= 1 }
    }

    /// Sets or takes away a reservation; it counts what already runs.
    mutating func reserve(_ count: Int?, _ name: String) {
        let before = entries[name] ?? Entry()
        reservedTotal += (count ?? 0) - (before.reserved ?? 0)
        if before.reserved == nil { runningUnreserved -= before.running }
        if count == nil { runningUnreserved += before.running }
        entries[name] = Entry(running: before.running, reserved: count)
    }
}

extension ConcurrencyLedger.Entry {
    /// - Returns: Whether it counts against a reservation.
    fileprivate mutating func take() -> Bool {
        running += 1
        return reserved != nil
    }

    fileprivate mutating func giveBack() -> Bool {
        precondition(running > 0, "a permit is given back once")
        running -= 1
        return reserved != nil
    }
}
