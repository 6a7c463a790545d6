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
    /// Its place in its queue's line; `nil` once it is not parked any more.
    fileprivate var place: Int?

    init(call: ServiceCall, request: ReceiveRequest, queue: QueueKey) {
        self.call = call
        self.request = request
        self.queue = queue
    }
}

/// The parked receives of one queue, in the order in which they came.
private struct Line {
    /// `nil` where one has left.
    private var receives: [ParkedReceive?] = []
    /// The place of the first element; places are never given again.
    private var firstPlace = 0
    /// How many elements at the beginning are over.
    private var start = 0
    private(set) var count = 0

    var first: ParkedReceive? { count > 0 ? receives[start] : nil }

    mutating func add(_ receive: ParkedReceive) {
        receive.place = firstPlace + receives.count
        receives.append(receive)
        count += 1
    }

    /// Constant time on average, wherever it stands: thousands wait, and each may leave.
    mutating func remove(_ receive: ParkedReceive) -> Bool {
        guard let place = receive.place else { return false }
        receive.place = nil
        receives[place - firstPlace] = nil
        count -= 1
        while start < receives.count, receives[start] == nil { start += 1 }
        if start > 64, start * 2 > receives.count {
            receives.removeFirst(start)
            firstPlace += start
            start = 0
        }
        return true
    }
}

/// The parked receives by queue, in the order in which they came.
///
/// Confined to the service's loop: only `SQSService` has it.
final class ParkedReceives {
    private var lines: [QueueKey: Line] = [:]
    /// For each queue, the timer that goes off when the next hidden message is due.
    var dueTimers: [QueueKey: TimerToken] = [:]
    /// Set when the daemon drains: nothing is parked from then on.
    var isClosed = false

    var queues: [QueueKey] { Array(lines.keys) }

    func add(_ receive: ParkedReceive) { lines[receive.queue, default: Line()].add(receive) }

    func first(in queue: QueueKey) -> ParkedReceive? { lines[queue]?.first }

    func has(_ queue: QueueKey) -> Bool { lines[queue] != nil }

    /// False when it is not parked any more.
    func remove(_ receive: ParkedReceive) -> Bool {
        guard lines[receive.queue]?.remove(receive) == true else { return false }
        if lines[receive.queue]?.count == 0 { lines[receive.queue] = nil }
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
