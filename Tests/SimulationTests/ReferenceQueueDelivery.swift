import EventModel
import MappingCore
import Simulation

/// What AWS does with a queue and one batch at a time, written as the loop that its documentation describes
/// (esm-sqs.md §2–5); knows nothing of the machine.
struct ReferenceQueueDelivery {
    /// What the function does with a batch, which call it is from 0.
    typealias Handler = (_ messages: [Int], _ call: Int) -> InvocationOutcome

    var queue: ModelQueue
    let batchSize: Int
    let duration: (Int) -> Duration
    let handler: Handler
    private(set) var calls: [[ModelQueue.Receipt]] = []
    private(set) var executed: Set<Int> = []
    private var invocations = 0

    init(
        queue: ModelQueue, batchSize: Int, duration: @escaping (Int) -> Duration, handler: @escaping Handler
    ) {
        self.queue = queue
        self.batchSize = batchSize
        self.duration = duration
        self.handler = handler
    }

    /// Receives, invokes and deletes until nothing is left to come.
    mutating func run(from start: Timestamp) {
        var now = start
        var isOver = false
        while !isOver {
            let batch = queue.receive(limit: batchSize, now: now)
            if !batch.isEmpty {
                now = deliver(batch, from: now)
            } else if let next = queue.nextReturn(after: now) {
                now = next
            } else {
                isOver = true
            }
        }
    }

    /// Calls until the function is reached or the receipts have ended; returns when that was.
    private mutating func deliver(_ batch: [ModelQueue.Receipt], from start: Timestamp) -> Timestamp {
        let receiptsEnd = start + queue.visibility
        var now = start
        var wait = Duration.milliseconds(200)
        while now < receiptsEnd {
            let outcome = handler(batch.map(\.number), invocations)
            now = now + duration(invocations)
            invocations += 1
            switch outcome {
            case .notReached:
                now = now + wait
                wait = min(wait * 2, .seconds(60))
                continue
            case .succeeded: _ = queue.delete(batch, now: now)
            case .partiallyFailed(let failed):
                _ = queue.delete(
                    batch.indices.filter { !failed.contains($0) }.map { batch[$0] }, now: now)
            case .failed: break
            }
            executed.formUnion(batch.map(\.number))
            calls.append(batch)
            return now + .milliseconds(1)
        }
        return receiptsEnd
    }
}
