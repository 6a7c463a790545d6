import EventModel
import EventStore
import Testing

/// Random work on a standard queue whose messages have groups: which one comes first is the queue's own affair, the
/// rest is not.
@Suite("A queue with message groups beside its model")
struct FairModelTests {
    private struct World {
        let test: TestStore
        let queue: QueueKey
        var model = QueueModel()
        var groups: [Position: String] = [:]
        var random: SeededRandom
        var deleted = 0

        mutating func step() throws {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2: try send()
            case 3...6: try receive(Int.random(in: 1...10, using: &random))
            case 7, 8: try delete()
            case 9: try changeVisibility()
            case 10: test.clock.advance(.seconds(Int.random(in: 1...15, using: &random)))
            default: if Int.random(in: 0..<4, using: &random) == 0 { try test.reopen() }
            }
            #expect(test.counters(queue) == model.counters(test.now))
        }

        /// One group sends most of what there is, and much at once.
        private mutating func send() throws {
            let isNoisy = Int.random(in: 0..<3, using: &random) > 0
            let group = isNoisy ? "noisy" : ["a", "b", "c", ""].randomElement(using: &random) ?? ""
            var batch = MessageBatch()
            for number in 0..<(isNoisy ? Int.random(in: 1...60, using: &random) : 1) {
                batch.append(body: "\(groups.count + number)", group: group)
            }
            let ready = batch
            let sent = try test.store.perform { [queue] writer throws(StoreError) in
                try writer.send(ready, to: queue)
            }
            for message in sent {
                model.sent("\(groups.count)", at: message.position, visibleAt: test.now)
                groups[message.position] = group
            }
        }

        mutating func receive(_ maximum: Int) throws {
            let seconds = Int.random(in: 0...20, using: &random)
            let receivable = model.receivable(test.now)
            let got = try test.receive(queue, maximum, visibilitySeconds: seconds)
            #expect(got.count == min(maximum, receivable.count))
            #expect(Set(got.map(\.message.position)).count == got.count)
            for copy in got {
                let position = copy.message.position
                // Nothing that somebody holds is handed out again.
                #expect(receivable.contains(position))
                #expect(copy.body == model.messages[position]?.body)
                #expect(copy.message.groupID ?? "" == groups[position])
                model.receive(position, visibleAt: test.now + .seconds(seconds))
                #expect(copy.message.receiveCount == model.messages[position]?.receiveCount)
            }
        }

        private mutating func delete() throws {
            let positions = model.received.filter { _ in Bool.random(using: &random) }
            try test.delete(positions, from: queue)
            for position in positions { model.messages[position] = nil }
            deleted += positions.count
        }

        private mutating func changeVisibility() throws {
            guard let position = model.received.randomElement(using: &random) else { return }
            let seconds = Int.random(in: 0...20, using: &random)
            #expect(
                try test.reader.changeVisibility(of: position, in: queue, seconds: seconds, now: test.now)
                    == .changed)
            model.messages[position]?.visibleAt = test.now + .seconds(seconds)
        }
    }

    @Test("Nothing is lost, and nothing is handed out while somebody holds it", arguments: 1...8)
    func random(seed: Int) throws {
        let test = try TestStore()
        var world = World(
            test: test, queue: try test.makeQueue(), random: SeededRandom(seed: UInt64(300 + seed)))
        for _ in 0..<250 { try world.step() }
        test.clock.advance(.seconds(60))
        let rest = try test.receive(world.queue, 100_000)
        #expect(Set(rest.map(\.message.position)) == Set(world.model.messages.keys), "seed \(300 + seed)")
        #expect(rest.count + world.deleted == world.groups.count, "seed \(300 + seed)")
    }
}
