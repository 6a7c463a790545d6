import AWSWire
import EventModel
import HTTP
import Synchronization

/// A `ReceiveMessage` that found nothing and waits.
///
/// Confined to the service's loop, which is where clients' leaving is reported too.
final class ParkedReceive: @unchecked Sendable {
    let call: ServiceCall
    let request: ReceiveRequest
    let queue: QueueKey
    var timer: TimerToken?

    init(call: ServiceCall, request: ReceiveRequest, queue: QueueKey) {
        self.call = call
        self.request = request
        self.queue = queue
    }
}

/// The parked receives by queue, in the order in which they came.
///
/// Confined to the service's loop: only `SQSService` has it.
final class ParkedReceives {
    private var waiting: [QueueKey: [ParkedReceive]] = [:]
    /// For each queue, the timer that goes off when the next hidden message is due.
    var dueTimers: [QueueKey: TimerToken] = [:]
    /// Set when the daemon drains: nothing is parked from then on.
    var isClosed = false

    var queues: [QueueKey] { Array(waiting.keys) }

    func add(_ receive: ParkedReceive) { waiting[receive.queue, default: []].append(receive) }

    func first(in queue: QueueKey) -> ParkedReceive? { waiting[queue]?.first }

    func has(_ queue: QueueKey) -> Bool { waiting[queue] != nil }

    /// False when it is not parked any more.
    func remove(_ receive: ParkedReceive) -> Bool {
        guard let index = waiting[receive.queue]?.firstIndex(where: { $0 === receive }) else { return false }
        waiting[receive.queue]?.remove(at: index)
        if waiting[receive.queue]?.isEmpty == true { waiting[receive.queue] = nil }
        return true
    }
}

/// The queues that somebody waits for, as far as the writer thread has to know them.
final class AwaitedQueues: Sendable {
    private struct State {
        var queues: Set<QueueKey> = []
        /// Announced, but not yet looked at by the loop: one visit serves many commits.
        var announced: Set<QueueKey> = []
    }

    private let state = Mutex(State())

    func insert(_ queue: QueueKey) { state.withLock { _ = $0.queues.insert(queue) } }
    func remove(_ queue: QueueKey) { state.withLock { _ = $0.queues.remove(queue) } }

    /// Takes note of queues that have something new; true when the loop must be told.
    func announce(_ queues: [QueueKey], all: Bool) -> Bool {
        state.withLock { state in
            guard !state.queues.isEmpty else { return false }
            let wasQuiet = state.announced.isEmpty
            if all {
                state.announced = state.queues
            } else {
                for queue in queues where state.queues.contains(queue) { state.announced.insert(queue) }
            }
            return wasQuiet && !state.announced.isEmpty
        }
    }

    func takeAnnounced() -> Set<QueueKey> {
        state.withLock { state in
            defer { state.announced = [] }
            return state.announced
        }
    }
}
