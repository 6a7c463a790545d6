import Synchronization

/// Counts calls.
final class Calls: Sendable {
    private let count = Atomic<Int>(0)
    /// 1 for the first call.
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
