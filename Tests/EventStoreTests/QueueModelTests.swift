import EventModel
import EventStore
import Foundation
import Testing

@Suite("A queue beside its model")
struct QueueModelTests {
    private struct World {
        let test: TestStore
        let queue: QueueKey
        var model = QueueModel()
        var random: SeededRandom
        var sentCount = 0

        mutating func step() throws {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2: try send()
            case 3...5: try receive()
            case 6, 7: try delete()
            case 8: try changeVisibility()
            case 9: release()
            case 10: test.clock.advance(.seconds(Int.random(in: 1...12, using: &random)))
            default: if Int.random(in: 0..<8, using: &random) == 0 { try restart() }
            }
            #expect(test.counters(queue) == model.counters(test.now))
        }

        private mutating func send() throws {
            let delay = Bool.random(using: &random) ? 0 : Int.random(in: 1...20, using: &random)
            let bodies = (0..<Int.random(in: 1...5, using: &random)).map { "message \(sentCount + $0)" }
            sentCount += bodies.count
            let sent = try test.send(bodies, to: queue, delaySeconds: delay)
            for (body, message) in zip(bodies, sent) {
                model.sent(body, at: message.position, visibleAt: test.now + .seconds(delay))
            }
        }

        private mutating func receive() throws {
            let maximum = Int.random(in: 1...7, using: &random)
            let seconds = Int.random(in: 0...15, using: &random)
            let receivable = model.receivable(test.now)
            let got = try test.receive(queue, maximum, visibilitySeconds: seconds)
            #expect(got.count == min(maximum, receivable.count))
            #expect(Set(got.map(\.message.position)).count == got.count)
            for copy in got {
                let position = copy.message.position
                #expect(receivable.contains(position))
                #expect(copy.body == model.messages[position]?.body)
                model.receive(position, visibleAt: test.now + .seconds(seconds))
                #expect(copy.message.receiveCount == model.messages[position]?.receiveCount)
            }
        }

        private mutating func delete() throws {
            let positions = model.received.filter { _ in Bool.random(using: &random) }
            try test.delete(positions, from: queue)
            for position in positions { model.messages[position] = nil }
        }

        private mutating func changeVisibility() throws {
            guard let position = model.received.randomElement(using: &random) else { return }
            let seconds = Int.random(in: 0...20, using: &random)
            let change = try test.reader.changeVisibility(
                of: position, in: queue, seconds: seconds, now: test.now)
            #expect(change == .changed)
            model.messages[position]?.visibleAt = test.now + .seconds(seconds)
        }

        private mutating func release() {
            for position in model.received where Bool.random(using: &random) {
                guard let message = model.messages[position], message.visibleAt > test.now else { continue }
                test.store.leases.release([position], in: queue, now: test.now)
                let back = test.now
                model.messages[position]?.receiveCount -= 1
                model.messages[position]?.visibleAt = back
            }
        }

        /// A graceful end keeps leases and receive counts.
        private func restart() throws { try test.reopen() }
    }

    @Test("Random work on a queue, with restarts, does what the model does", arguments: 1...12)
    func random(seed: Int) throws {
        let test = try TestStore()
        var world = World(
            test: test, queue: try test.makeQueue(), random: SeededRandom(seed: UInt64(seed)))
        for _ in 0..<250 { try world.step() }
        test.clock.advance(.seconds(60))
        let rest = try test.receive(world.queue, 10_000)
        #expect(Set(rest.map(\.body)) == Set(world.model.messages.values.map(\.body)), "seed \(seed)")
    }

    @Test("Work on a queue with a dead-letter queue loses and doubles nothing", arguments: 1...6)
    func redrive(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let test = try TestStore()
        let dead = try test.makeQueue("dead")
        let target = try #require(test.store.catalog.queue(dead)?.arn)
        let queue = try test.makeQueue {
            $0.redrive = RedrivePolicy(deadLetterTarget: target, maxReceiveCount: 3)
        }
        var receives: [String: Int] = [:]
        var deleted: Set<String> = []
        var sent = 0
        for _ in 0..<150 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                try test.send((0..<4).map { "\(sent + $0)" }, to: queue)
                sent += 4
            case 1: test.clock.advance(.seconds(31))
            default:
                let got = try test.receive(queue, Int.random(in: 1...6, using: &random))
                for copy in got { receives[copy.body, default: 0] += 1 }
                let handled = got.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
                try test.delete(handled.map(\.message.position), from: queue)
                deleted.formUnion(handled.map(\.body))
            }
        }
        for _ in 0..<5 {
            test.clock.advance(.seconds(31))
            for copy in try test.receive(queue, 10_000) { receives[copy.body, default: 0] += 1 }
            try test.settle()
        }
        #expect(test.counters(queue) == QueueCounters())
        let moved = try test.receive(dead, 10_000)
        #expect(Set(moved.map(\.body)).count == moved.count)
        #expect(deleted.isDisjoint(with: moved.map(\.body)))
        #expect(moved.count + deleted.count == sent)
        #expect(moved.allSatisfy { receives[$0.body] == 3 && $0.message.receiveCount == 4 })
    }

    @Test(
        "A crash after the commit forgets nothing: what is hidden stays so, with its count", arguments: 1...8)
    func crash(seed: Int) throws {
        let test = try TestStore()
        var world = World(test: test, queue: try test.makeQueue(), random: SeededRandom(seed: UInt64(seed)))
        for _ in 0..<4 {
            for _ in 0..<60 { try world.step() }
            try test.settle()
            let copy = try test.copyAfterCrash()
            let model = world.model
            #expect(copy.counters(world.queue) == model.counters(test.now))
            let visible = try copy.receive(world.queue, 10_000)
            #expect(visible.map(\.message.position).sorted() == model.receivable(test.now))
            copy.clock.advance(.seconds(60))
            let later = try copy.receive(world.queue, 10_000)
            #expect(later.count == model.messages.count)
            let again = Set(visible.map(\.message.position))
            for message in later {
                let known = model.messages[message.message.position]
                #expect(message.body == known?.body)
                let before = (known?.receiveCount ?? 0) + (again.contains(message.message.position) ? 1 : 0)
                #expect(message.message.receiveCount == before + 1)
            }
        }
    }
}
