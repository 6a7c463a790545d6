import EventModel

/// Counts who runs: the limit of each account in each region, and the part of it that functions have reserved. Pure.
struct ConcurrencyLedger {
    fileprivate struct Entry {
        var running = 0
        var reserved: Int?
    }

    private struct Account {
        var running = 0
        var runningUnreserved = 0
        var reservedTotal = 0
    }

    let limit: Int
    /// Over all accounts.
    private(set) var running = 0
    private var accounts: [Location: Account] = [:]
    private var entries: [FunctionKey: Entry] = [:]

    init(limit: Int) {
        precondition(limit > 0, "a host runs something")
        self.limit = limit
    }

    /// Why one more invocation of the function must not run.
    func refusal(_ key: FunctionKey) -> ThrottleReason? {
        if let entry = entries[key], let reserved = entry.reserved {
            return entry.running < reserved ? nil : .reservedFunction
        }
        let account = accounts[key.location] ?? Account()
        return account.runningUnreserved < limit - account.reservedTotal ? nil : .account
    }

    mutating func take(_ key: FunctionKey) {
        precondition(refusal(key) == nil, "a permit is there to be taken")
        let isReserved = entries[key, default: Entry()].take()
        running += 1
        accounts[key.location, default: Account()].running += 1
        if !isReserved { accounts[key.location, default: Account()].runningUnreserved += 1 }
    }

    mutating func giveBack(_ key: FunctionKey) {
        let isReserved = entries[key, default: Entry()].giveBack()
        running -= 1
        accounts[key.location, default: Account()].running -= 1
        if !isReserved { accounts[key.location, default: Account()].runningUnreserved -= 1 }
    }

    /// Sets or takes away a reservation; it counts what already runs.
    mutating func reserve(_ count: Int?, _ key: FunctionKey) {
        let before = entries[key] ?? Entry()
        var account = accounts[key.location] ?? Account()
        account.reservedTotal += (count ?? 0) - (before.reserved ?? 0)
        if before.reserved == nil { account.runningUnreserved -= before.running }
        if count == nil { account.runningUnreserved += before.running }
        accounts[key.location] = account
        entries[key] = Entry(running: before.running, reserved: count)
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
