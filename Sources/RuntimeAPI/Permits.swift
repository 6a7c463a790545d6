package import EventModel

/// Somebody who asks for permits, several at a time perhaps: a poller. Confined to the host's loop.
package final class PermitHolder {
    /// Permits that are in use.
    package fileprivate(set) var count = 0

    package init() {}
}

/// The right to run one invocation of one function. Confined to the host's loop.
///
/// Spent by `invoke`, or given back by `release` or by letting go of it.
package final class Permit {
    package let function: FunctionKey
    private weak var host: FunctionHost?
    private let holder: PermitHolder?

    init(function: FunctionKey, host: FunctionHost, holder: PermitHolder?) {
        self.function = function
        self.host = host
        self.holder = holder
        holder?.count += 1
    }

    deinit { release() }

    /// Gives the permit back; a second time does nothing.
    package func release() {
        guard let host else { return }
        self.host = nil
        holder?.count -= 1
        host.permitReturned(function)
    }
}

/// Names one waiter for a permit.
package struct PermitWait: Hashable, Sendable {
    let number: UInt64
}

/// Those who wait for a permit, in the order they came; who holds fewer goes first.
struct PermitQueue {
    struct Waiter {
        let number: UInt64
        let function: FunctionKey
        let holder: PermitHolder?
        let action: () -> Void
    }

    private var waiters: [Waiter] = []
    private var lastNumber: UInt64 = 0

    mutating func append(
        _ function: FunctionKey, _ holder: PermitHolder?, _ action: @escaping () -> Void
    ) -> PermitWait {
        lastNumber += 1
        waiters.append(
            Waiter(number: lastNumber, function: function, holder: holder, action: action))
        return PermitWait(number: lastNumber)
    }

    mutating func remove(_ wait: PermitWait) { waiters.removeAll { $0.number == wait.number } }

    /// The next that could have a permit now: the one that holds the fewest, among equals the one that came first.
    ///
    /// Mostly the first in line holds none, so that nobody else is looked at.
    mutating func pop(where isFree: (FunctionKey) -> Bool) -> Waiter? {
        var best: (index: Int, count: Int)?
        for index in waiters.indices {
            let count = waiters[index].holder?.count ?? 0
            guard count < best?.count ?? .max, isFree(waiters[index].function) else { continue }
            best = (index, count)
            if count == 0 { break }
        }
        guard let best else { return nil }
        return waiters.remove(at: best.index)
    }

    var isEmpty: Bool { waiters.isEmpty }
}
