/// The right to run one invocation of one function. Confined to the host's loop.
///
/// Spent by `invoke`, or given back by `release` or by letting go of it.
package final class Permit {
    package let functionName: String
    private weak var host: FunctionHost?

    init(functionName: String, host: FunctionHost) {
        self.functionName = functionName
        self.host = host
    }

    deinit { release() }

    /// Gives the permit back; a second time does nothing.
    package func release() {
        guard let host else { return }
        self.host = nil
        host.permitReturned(functionName)
    }
}

/// Names one waiter for a permit.
package struct PermitWait: Hashable, Sendable {
    let number: UInt64
}

/// Those who wait for a permit, in the order they came.
struct PermitQueue {
    struct Waiter {
        let number: UInt64
        let functionName: String
        let action: () -> Void
    }

    private var waiters: [Waiter] = []
    private var lastNumber: UInt64 = 0

    mutating func append(_ functionName: String, _ action: @escaping () -> Void) -> PermitWait {
        lastNumber += 1
        waiters.append(Waiter(number: lastNumber, functionName: functionName, action: action))
        return PermitWait(number: lastNumber)
    }

    mutating func remove(_ wait: PermitWait) { waiters.removeAll { $0.number == wait.number } }

    /// The next that could have a permit now.
    mutating func pop(where isFree: (String) -> Bool) -> Waiter? {
        guard let index = waiters.firstIndex(where: { isFree($0.functionName) }) else { return nil }
        return waiters.remove(at: index)
    }

    var isEmpty: Bool { waiters.isEmpty }
}
