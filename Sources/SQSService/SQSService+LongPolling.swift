import AWSWire
import EventModel
import EventStore
import HTTP

// MARK: - Waiting for messages

extension SQSService {
    /// The least pause before a queue is looked at again because of its timers (own choice: guards against spinning
    /// when a due message cannot be received, as when it moves to the dead-letter queue).
    private static let leastPause = Duration.milliseconds(5)

    /// Keeps a receive until a message comes, its time is over, or its client leaves.
    func park(_ receive: ParkedReceive, seconds: Int) {
        awaited.insert(receive.queue)
        parked.add(receive)
        receive.timer = loop.schedule(after: .seconds(seconds)) { [self] in
            receive.timer = nil
            if drop(receive) { receive.call.succeed(json: Array("{}".utf8)) }
        }
        receive.call.responder.onDisconnect { [weak self, weak receive] in
            // Answered receives are gone by now.
            if let self, let receive { _ = drop(receive) }
        }
        // What was committed after the receive looked and before the queue was announced as awaited would be missed.
        serve(receive.queue)
    }

    /// Runs on the thread that committed.
    func committed(_ changes: CommittedChanges) {
        guard awaited.announce(changes.queues, all: changes.definitionsChanged) else { return }
        loop.execute { [self] in
            for queue in awaited.takeAnnounced() { serve(queue) }
        }
    }

    /// Answers parked receives of a queue for as long as it has messages, first come first served.
    private func serve(_ key: QueueKey) {
        while let receive = parked.first(in: key) {
            guard receive.call.responder.isConnected else {
                _ = drop(receive)
                continue
            }
            guard let queue = store.catalog.queue(key) else {
                finish(receive) { $0.fail(.queueDoesNotExist) }
                continue
            }
            do throws(AWSError) {
                guard let received = try self.receive(receive.request, from: queue, refusesOverLimit: false)
                else { return waitForNextVisible(in: key) }
                finish(receive) { deliver(received, to: $0) }
            } catch {
                finish(receive) { $0.fail(error) }
            }
        }
    }

    private func finish(_ receive: ParkedReceive, _ answer: (ServiceCall) -> Void) {
        if drop(receive) { answer(receive.call) }
    }

    /// Forgets a parked receive; false when it was answered before.
    private func drop(_ receive: ParkedReceive) -> Bool {
        if let timer = receive.timer { loop.cancel(timer) }
        receive.timer = nil
        guard parked.remove(receive) else { return false }
        if !parked.has(receive.queue) {
            awaited.remove(receive.queue)
            if let timer = parked.dueTimers.removeValue(forKey: receive.queue) { loop.cancel(timer) }
        }
        return true
    }

    /// Hidden and delayed messages become visible without a commit: a timer stands in for it.
    private func waitForNextVisible(in queue: QueueKey) {
        if let timer = parked.dueTimers.removeValue(forKey: queue) { loop.cancel(timer) }
        let now = now()
        guard let due = store.leases.nextVisible(in: queue, now: now) else { return }
        let pause = max(due - now, Self.leastPause)
        parked.dueTimers[queue] = loop.schedule(after: pause) { [self] in
            parked.dueTimers[queue] = nil
            serve(queue)
        }
    }

    /// Answers all parked receives with nothing and parks no more, so that a daemon that drains need not wait for them.
    /// Message move tasks rest until the next start.
    package func stopParking() {
        precondition(loop.isCurrent, "SQS is confined to its loop")
        parked.isClosed = true
        moves.stop()
        for queue in parked.queues {
            while let receive = parked.first(in: queue) {
                finish(receive) { $0.succeed(json: Array("{}".utf8)) }
            }
        }
    }
}
