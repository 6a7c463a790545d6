package import EventModel
import Synchronization

/// How events of rules reach functions: whoever has the queue of asynchronous invocations says it here.
package final class FunctionEvents: Sendable {
    package enum Answer: Equatable, Sendable {
        case accepted
        /// For good: the event goes to the target's dead-letter queue.
        case refused(code: String, reason: String)
        /// For now: the event is offered again.
        case busy(reason: String)
    }

    /// Runs on the writer thread inside of the operation that puts the event, so that both commit together; throws
    /// only what loses the whole group.
    package typealias Accept =
        @Sendable (
            _ writer: StoreWriter, _ function: ARN, _ event: [UInt8], _ rule: ARN
        ) throws(StoreError) -> Answer

    /// A struct around the closure, because a bare one in a `Mutex` is wrapped once more by each access.
    private struct Stored { var accept: Accept? }

    private let stored = Mutex(Stored())

    package init() {}
    /// False while no rule can have a function as target.
    package var isThere: Bool { stored.withLock { $0.accept != nil } }
    package func set(_ accept: @escaping Accept) { stored.withLock { $0.accept = accept } }
    var accept: Accept? { stored.withLock { $0.accept } }
}
