import ByteCoding
import Glibc
import Synchronization

/// The clients of a `QueueCrashRun`: what they were told and saw, and what they do, a thread each.
final class QueueClients: Sendable {
    struct Content {
        /// Bodies whose sends were answered, by queue.
        var sent: [String: Set<String>] = [:]
        /// IDs that a FIFO queue answered with, by body: a duplicate has that of its original.
        var ids: [String: Set<String>] = [:]
        /// Calls to FIFO queues that were not answered, to be made again.
        var unanswered: [String: [OrderedMessage]] = [:]
        /// What consumers received, in their order, by queue.
        var received: [String: [(group: String, body: String)]] = [:]
        /// Bodies whose deletion was answered, by queue.
        var deleted: [String: Set<String>] = [:]
        var violations: [String] = []
        var moves = 0
        var sendsAgain = 0
    }
    let content = Mutex(Content())
    /// The next number of every FIFO queue; goes on from life to life.
    private let feeds = Mutex<[String: Int]>([:])
}

// MARK: - Sending

extension QueueClients {
    private static let callsPerLife = 60

    func feed(_ address: String, round: Int) throws -> BackgroundThread {
        try BackgroundThread { [self] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                let queue = call % 2 == 0 ? QueueCrashRun.tasks : QueueCrashRun.open
                let bodies = (0..<3).map { index in
                    "m-\(round)-\(call)-\(index)\(call % 20 < 2 && index == 1 ? "-poison" : "")"
                }
                // Killed in the middle of the call: nothing was promised.
                guard (try? caller.sendMessages(bodies, to: queue)) != nil else { return }
                content.withLock { $0.sent[queue, default: []].formUnion(bodies) }
                usleep(2_000)
            }
        }
    }

    func feedInOrder(_ address: String) throws -> BackgroundThread {
        try BackgroundThread { [self] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                let queue = call % 2 == 0 ? QueueCrashRun.line : QueueCrashRun.openLine
                // Killed in the middle of the call: the next life makes it again, with the same IDs.
                guard (try? sendInOrder(nextMessages(of: queue), to: queue, with: caller)) != nil else {
                    return
                }
                usleep(2_000)
            }
        }
    }

    /// Those that were not answered, or three new ones; they count as not answered until they are.
    func nextMessages(of queue: String) -> [OrderedMessage] {
        let waiting = content.withLock { content in
            if content.unanswered[queue] != nil { content.sendsAgain += 1 }
            return content.unanswered[queue]
        }
        if let waiting { return waiting }
        let first = feeds.withLock { feeds in
            defer { feeds[queue, default: 0] += 3 }
            return feeds[queue, default: 0]
        }
        let messages = (first..<first + 3).map { number in
            // Poison has a group of its own, which it holds up.
            let isPoison = number % 60 == 59
            return OrderedMessage(
                group: isPoison ? "bad-\(number)" : "g\(number % 12)",
                body: "\(number)\(isPoison ? "-poison" : "")")
        }
        content.withLock { $0.unanswered[queue] = messages }
        return messages
    }

    func sendInOrder(_ messages: [OrderedMessage], to queue: String, with caller: AWSCaller) throws {
        let ids = try caller.sendOrdered(messages, to: queue)
        content.withLock { content in
            content.unanswered[queue] = nil
            content.sent[queue, default: []].formUnion(messages.map(\.body))
            for (message, id) in zip(messages, ids) {
                content.ids["\(queue) \(message.body)", default: []].insert(id)
            }
        }
    }
}

// MARK: - Receiving and moving

extension QueueClients {
    func consume(_ address: String, _ queue: String) throws -> BackgroundThread {
        try BackgroundThread { [self] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            // Ends with the daemon.
            while (try? takeOnce(caller, queue)) != nil { usleep(1_000) }
        }
    }

    /// Receives once and deletes all but poison, which is to become a dead letter soon.
    func takeOnce(_ caller: AWSCaller, _ queue: String) throws {
        let copies = try caller.receive(from: queue).map(ReceivedCopy.init)
        content.withLock { content in
            for copy in copies {
                content.received[queue, default: []].append((copy.group ?? "", copy.body))
                if content.deleted[queue]?.contains(copy.body) == true {
                    content.violations.append("\(queue): \(copy.body) came again after its deletion")
                }
                if let known = content.ids["\(queue) \(copy.body)"], !copy.body.hasSuffix("poison"),
                    !known.contains(copy.id)
                {
                    content.violations.append("\(queue): \(copy.body) has the ID \(copy.id), not \(known)")
                }
            }
        }
        let good = copies.filter { !$0.body.hasSuffix("poison") }
        for copy in copies where copy.body.hasSuffix("poison") {
            try caller.call(
                "AmazonSQS.ChangeMessageVisibility",
                [
                    "QueueUrl": caller.queueURL(queue), "ReceiptHandle": .string(copy.receipt),
                    "VisibilityTimeout": 0,
                ])
        }
        guard !good.isEmpty else { return }
        let refused = try caller.delete(good, from: queue)
        content.withLock { content in
            for (index, copy) in good.enumerated() where !refused.contains(index) {
                content.deleted[queue, default: []].insert(copy.body)
            }
        }
    }

    func move(_ address: String) throws -> BackgroundThread {
        try BackgroundThread { [self] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for queue in QueueCrashRun.moved {
                usleep(50_000)
                do {
                    if try caller.startMove(from: QueueCrashRun.deadLetters(of: queue)) {
                        content.withLock { $0.moves += 1 }
                    }
                } catch let error as HarnessError {
                    content.withLock { $0.violations.append("\(error)") }
                } catch {
                    // The daemon was killed.
                    return
                }
            }
        }
    }
}
