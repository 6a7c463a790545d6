import EventModel
import EventStore
import Testing

@Suite("Fair queues")
struct FairQueueTests {
    private static func mark(_ name: String) -> GroupMark { GroupMark(Array(name.utf8).span) }

    @Test("A message of a noisy group lets those of others pass, and comes when nothing else is there")
    func setAside() {
        var ledger = LeaseLedger(tip: 30, floor: 0, rows: 30)
        func take(_ position: Position, _ group: String) -> LeaseLedger.Taken {
            ledger.takeScanned(
                position, row: (0, 0, 0), group: Self.mark(group), now: 10, visibleAt: 1_000,
                maxReceiveCount: nil)
        }
        for position in 1...10 {
            guard case .leased = take(Position(position), "noisy") else {
                Issue.record("\(position) is not received")
                return
            }
        }
        #expect(take(11, "noisy") == .aside)
        #expect(take(12, "noisy") == .aside)
        #expect(take(13, "quiet") == .leased(.init(position: 13, receiveCount: 1, firstReceivedAt: 10)))
        #expect(ledger.counters(now: 10) == QueueCounters(visible: 19, inFlight: 11, delayed: 0))
        #expect(ledger.nextVisible(now: 10) == 10)
        #expect(
            ledger.takeAside(now: 10, visibleAt: 1_000, maxReceiveCount: nil)
                == .leased(.init(position: 11, receiveCount: 1, firstReceivedAt: 10)))
        ledger.beginDelete([12])
        #expect(ledger.takeAside(now: 10, visibleAt: 1_000, maxReceiveCount: nil) == nil)
        ledger.cancelLeave([12], now: 10)
        ledger.remove(1...10)
        // With little in flight the group is not noisy any more, so its message has its turn.
        #expect(
            ledger.takeReady(now: 10, visibleAt: 1_000, maxReceiveCount: nil)
                == .leased(.init(position: 12, receiveCount: 1, firstReceivedAt: 10)))
    }

    @Test(
        "A group is noisy from ten messages and a tenth of what is in flight on, and messages without group never are"
    )
    func noisy() {
        var ledger = LeaseLedger(tip: 1_000, floor: 0, rows: 1_000)
        var position: Position = 0
        func take(_ group: String) -> LeaseLedger.Taken {
            position += 1
            return ledger.takeScanned(
                position, row: (0, 0, 0), group: Self.mark(group), now: 10, visibleAt: 1_000,
                maxReceiveCount: nil)
        }
        for _ in 0..<100 { #expect(take("") != .aside) }
        for _ in 0..<11 { #expect(take("a") != .aside) }
        // 11 of 111 are less than a tenth.
        #expect(take("a") != .aside)
        #expect(take("a") == .aside)
        for _ in 0..<9 { #expect(take("b") != .aside) }
        #expect(take("a") != .aside)
    }

    @Test("Of nine messages one is of those set aside, so nothing waits for ever")
    func turns() {
        var ledger = LeaseLedger(tip: 1_000, floor: 0, rows: 1_000)
        for position in 1...20 {
            _ = ledger.takeScanned(
                Position(position), row: (0, 0, 0), group: Self.mark("noisy"), now: 10, visibleAt: 1_000,
                maxReceiveCount: nil)
        }
        #expect(ledger.isAsideDue)
        _ = ledger.takeAside(now: 10, visibleAt: 1_000, maxReceiveCount: nil)
        for position in 21...28 {
            #expect(!ledger.isAsideDue)
            _ = ledger.takeScanned(
                Position(position), row: (0, 0, 0), group: Self.mark("\(position)"), now: 10,
                visibleAt: 1_000, maxReceiveCount: nil)
        }
        #expect(ledger.isAsideDue)
    }

    // MARK: - A queue with a noisy neighbour

    /// Consumers of one queue: each tick they receive ten messages while they hold fewer than 200, and are done with
    /// each after 20 ticks of 100 ms.
    private struct World {
        let test: TestStore
        let queue: QueueKey
        var random: SeededRandom
        var held: [(position: Position, doneAt: Int)] = []
        var dwell: [String: [Int]] = [:]
        var sentAt: [String: Int] = [:]
        var received = 0
        var fullTicks = 0

        mutating func send(_ group: String, _ count: Int, tick: Int) throws {
            var batch = MessageBatch()
            for _ in 0..<count {
                let body = "\(group) \(sentAt.count)"
                sentAt[body] = tick
                let start = batch.bytes.count
                let end = start + body.utf8.count
                batch.bytes += Array((body + group).utf8)
                batch.entries.append(
                    MessageBatch.Entry(
                        body: start..<end, bodyMD5: 1, groupID: end..<batch.bytes.count))
            }
            let (ready, target) = (batch, queue)
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.send(ready, to: target)
            }
        }

        mutating func tick(_ tick: Int) throws {
            test.clock.advance(.milliseconds(100))
            let done = held.filter { $0.doneAt <= tick }.map(\.position)
            held.removeAll { $0.doneAt <= tick }
            if !done.isEmpty { try test.delete(done, from: queue) }
            guard held.count < 200 else { return }
            let waiting = test.counters(queue).visible
            let got = try test.receive(queue, 10, visibilitySeconds: 30)
            #expect(got.count == min(10, waiting), "tick \(tick): nothing is left lying")
            for copy in got {
                let group = String(copy.body.split(separator: " ")[0])
                dwell[group, default: []].append(tick - (sentAt[copy.body] ?? 0))
                held.append((copy.message.position, tick + 20))
                received += 1
            }
        }
    }

    @Test("Quiet groups are served soon beside a noisy one, and nothing starves or idles", arguments: 1...6)
    func neighbours(seed: Int) throws {
        let test = try TestStore()
        var world = World(
            test: test, queue: try test.makeQueue(), random: SeededRandom(seed: UInt64(seed)))
        // Half a minute of work for the consumers, before the quiet ones come.
        try world.send("noisy", 3_000, tick: 0)
        for tick in 1...200 {
            if Int.random(in: 0..<3, using: &world.random) == 0 {
                try world.send("quiet\(Int.random(in: 1...5, using: &world.random))", 1, tick: tick)
            }
            try world.tick(tick)
        }
        let quiet = world.dwell.filter { $0.key != "noisy" }.flatMap(\.value)
        #expect(quiet.count > 30)
        // In the order of the queue they would have waited for up to 300 ticks, as long as the noisy group's do.
        // The first receives find the noisy group in nobody's way: it is noisy from its tenth message in flight on.
        #expect(quiet.max() ?? 0 <= 8, "\(quiet)")
        // All work that the consumers could do was done.
        #expect(world.received == 2_000)
        var tick = 200
        while test.counters(world.queue) != QueueCounters() {
            tick += 1
            try world.tick(tick)
            try #require(tick < 800)
        }
        #expect(world.received == world.sentAt.count)
    }

    @Test("Quiet groups that never pause leave the noisy one its share")
    func busy() throws {
        let test = try TestStore()
        var world = World(test: test, queue: try test.makeQueue(), random: SeededRandom(seed: 1))
        try world.send("noisy", 2_000, tick: 0)
        for tick in 1...300 {
            for group in 0..<12 { try world.send("quiet\(group)-\(tick % 7)", 1, tick: tick) }
            try world.tick(tick)
        }
        let noisy = world.dwell["noisy"]?.count ?? 0
        #expect(noisy >= 300, "\(noisy) of \(world.received)")
    }

    @Test("After a restart the groups of what is in flight still count")
    func restart() throws {
        let test = try TestStore()
        var world = World(test: test, queue: try test.makeQueue(), random: SeededRandom(seed: 1))
        try world.send("noisy", 200, tick: 0)
        for tick in 1...3 { try world.tick(tick) }
        try world.send("quiet", 1, tick: 4)
        try test.reopen()
        world = World(test: test, queue: world.queue, random: world.random, sentAt: world.sentAt)
        try world.tick(4)
        #expect(world.dwell["quiet"] == [0])
    }
}
