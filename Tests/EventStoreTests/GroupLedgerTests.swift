import EventModel
import EventStore
import Testing

/// A ledger with its rows, so that a test reads like what happens on a queue.
struct GroupWorld {
    var ledger: GroupLedger
    var now: Int64 = 1_000_000
    private(set) var sent: [GroupLedger.Row] = []
    private(set) var rows: Set<Position> = []

    init(delaySeconds: Int = 0) {
        ledger = GroupLedger(tip: 0, floor: 0, rows: 0, delaySeconds: delaySeconds)
    }

    /// Sends one message to each group, in this order.
    mutating func send(_ groups: [UInt64]) {
        for group in groups {
            let position = Position(sent.count + 1)
            sent.append(.init(position: position, group: group, sentAt: now))
            rows.insert(position)
        }
        ledger.committedSends(groups.count, at: now)
        ledger.committed(tip: Position(sent.count), rows: rows.count)
    }

    mutating func receive(
        _ maximum: Int = 10, seconds: Int64 = 30, maxReceiveCount: Int? = nil, oldestSent: Int64 = .min
    ) -> GroupLedger.Taken {
        let request = GroupLedger.Request(
            maximum: maximum, now: now, visibleAt: now + seconds * 1_000, maxReceiveCount: maxReceiveCount,
            oldestSent: oldestSent)
        var taken = GroupLedger.Taken()
        ledger.promote(now: now)
        ledger.admit(unread, now: now, oldestSent: oldestSent)
        ledger.take(request, into: &taken)
        ledger.endReceive()
        return taken
    }

    private var unread: [GroupLedger.Row] {
        sent.filter { $0.position > ledger.cursor && rows.contains($0.position) }
    }

    /// Positions that a receive gets.
    mutating func got(_ maximum: Int = 10, seconds: Int64 = 30) -> [Position] {
        receive(maximum, seconds: seconds).leases.map(\.position)
    }

    mutating func change(_ position: Position, _ serial: UInt32 = 1, seconds: Int64) -> VisibilityChange? {
        ledger.changeVisibility(
            MessageLease(position: position, serial: serial), milliseconds: seconds * 1_000, now: now)
    }

    /// Asks for a deletion and commits it; the leases that were refused.
    @discardableResult
    mutating func delete(_ positions: [Position], serial: UInt32 = 1) -> [Position] {
        let deletion = ledger.beginDelete(
            positions.map { MessageLease(position: $0, serial: serial) }, now: now)
        rows.subtract(deletion.accepted)
        ledger.committed(tip: Position(sent.count), rows: rows.count)
        _ = ledger.remove(deletion.accepted)
        return deletion.refused.map(\.position)
    }

    mutating func wait(_ seconds: Int64) { now += seconds * 1_000 }
    mutating func counters() -> QueueCounters { ledger.counters(now: now) }
}

@Suite("The message groups of a FIFO queue")
struct GroupLedgerTests {
    @Test("A receive takes all it can from one group, then from the next")
    func inGroups() {
        var world = GroupWorld()
        world.send([1, 2, 1, 1])
        #expect(world.got() == [1, 3, 4, 2])
    }

    @Test("Nothing of a group is given while a message of it is in flight, and others are")
    func locked() {
        var world = GroupWorld()
        world.send([1, 1, 1, 2])
        #expect(world.got(2) == [1, 2])
        #expect(world.got() == [4])
        world.send([1])
        #expect(world.got() == [])
        world.delete([1])
        #expect(world.got() == [], "a part of what was received is not all of it")
        #expect(world.counters() == QueueCounters(visible: 2, inFlight: 2, delayed: 0))
        world.delete([2])
        #expect(world.got() == [3, 5])
    }

    @Test("A deletion frees the group when it is committed, not before")
    func deletionUnderWay() {
        var world = GroupWorld()
        world.send([1, 1])
        #expect(world.got(1) == [1])
        let lease = MessageLease(position: 1, serial: 1)
        #expect(world.ledger.beginDelete([lease], now: world.now).accepted == [1])
        #expect(world.got() == [])
        world.ledger.cancelLeave([1], now: world.now)
        #expect(world.got() == [], "it is in flight again")
        world.wait(30)
        #expect(world.got() == [1, 2])
        #expect(world.ledger.beginDelete([.init(position: 1, serial: 2)], now: world.now).accepted == [1])
        let removed = world.ledger.remove([1])
        #expect(!removed, "its neighbour is in flight")
    }

    @Test("After their timeout messages come again in their order, before those behind them")
    func expiry() {
        var world = GroupWorld()
        world.send([1, 1, 1])
        #expect(world.got(2, seconds: 5) == [1, 2])
        #expect(world.ledger.nextVisible(now: world.now) == world.now + 5_000)
        world.wait(5)
        let taken = world.receive()
        #expect(taken.leases.map(\.position) == [1, 2, 3])
        #expect(taken.leases.map(\.receiveCount) == [2, 2, 1])
    }

    @Test("A timeout of 0 frees the group at once, and a group that was served goes to the back")
    func noTimeout() {
        var world = GroupWorld()
        world.send([1, 2, 2, 3, 1])
        #expect(world.got(3, seconds: 0) == [1, 5, 2])
        #expect(world.got(10, seconds: 0) == [4, 1, 5, 2, 3])
        #expect(world.counters() == QueueCounters(visible: 5, inFlight: 0, delayed: 0))
        #expect(world.ledger.nextVisible(now: world.now) == world.now)
    }

    @Test("One message made visible can be received, those behind it stay hidden")
    func madeVisible() {
        var world = GroupWorld()
        world.send([1, 1, 1, 2])
        #expect(world.got(2) == [1, 2])
        #expect(world.change(1, seconds: 0) == .changed)
        #expect(world.got() == [4, 1])
        #expect(world.change(2, seconds: 0) == .changed)
        #expect(world.got() == [], "the message before it is in flight")
        #expect(world.change(1, 2, seconds: 0) == .changed)
        #expect(world.got() == [1, 2, 3])
    }

    @Test("An extended message holds back itself and what follows it, not what is before it")
    func extended() {
        var world = GroupWorld()
        world.send([1, 1, 1, 1])
        #expect(world.got(3, seconds: 5) == [1, 2, 3])
        #expect(world.change(2, seconds: 60) == .changed)
        world.wait(5)
        #expect(world.got() == [1])
        world.wait(55)
        #expect(world.got() == [1, 2, 3, 4])
    }

    @Test("A receipt is worth nothing once it expired or the message was received again")
    func receipts() {
        var world = GroupWorld()
        world.send([1])
        #expect(world.got(seconds: 5) == [1])
        #expect(world.change(1, seconds: 8) == .changed)
        world.wait(5)
        #expect(world.change(1, seconds: 5) == .changed, "an extended receipt is a valid one")
        world.wait(5)
        #expect(world.delete([1]) == [1])
        #expect(world.change(1, seconds: 5) == .expired)
        #expect(world.got() == [1])
        #expect(world.delete([1], serial: 1) == [1])
        #expect(world.delete([1], serial: 2) == [])
        #expect(world.delete([1], serial: 2) == [], "what is gone is deleted")
        #expect(world.change(1, 2, seconds: 5) == .notInFlight)
    }

    @Test("A message is hidden for twelve hours at most, all changes together")
    func longest() {
        var world = GroupWorld()
        world.send([1])
        #expect(world.got(seconds: 40_000) == [1])
        world.wait(30_000)
        #expect(world.change(1, seconds: 13_201) == .beyondLimit)
        #expect(world.change(1, seconds: 13_200) == .changed)
    }

    @Test("Messages received too often leave, in order, and do not hold up the group")
    func spent() {
        var world = GroupWorld()
        world.send([1, 1, 1])
        #expect(world.got(2, seconds: 0) == [1, 2])
        let taken = world.receive(maxReceiveCount: 1)
        #expect(taken.spent.map(\.position) == [1, 2])
        #expect(taken.leases.map(\.position) == [3])
        #expect(world.delete([1]) == [1], "what is leaving cannot be deleted by an old receipt")
        world.ledger.cancelLeave([1, 2], now: world.now)
        world.wait(30)
        #expect(world.receive(maxReceiveCount: 1).spent.map(\.position) == [1, 2, 3])
    }

    @Test("The delay counts from the sending, for what was sent before it was changed, too")
    func delays() {
        var world = GroupWorld()
        world.send([1, 2])
        #expect(world.got(1, seconds: 0) == [1])
        world.ledger.setDelay(seconds: 10)
        world.wait(4)
        world.send([3])
        #expect(world.counters() == QueueCounters(visible: 0, inFlight: 0, delayed: 3))
        #expect(world.got(seconds: 0) == [1], "it was received before")
        #expect(world.ledger.nextVisible(now: world.now) == world.now)
        world.delete([1], serial: 2)
        world.wait(6)
        #expect(world.got() == [2, 1])
        #expect(world.ledger.nextVisible(now: world.now) == world.now + 4_000)
        world.wait(4)
        #expect(world.got() == [3])
    }

    @Test("What is put back was never received, and comes first")
    func putBack() {
        var world = GroupWorld()
        world.send([1, 2, 2])
        #expect(world.got() == [1, 2, 3])
        for position: Position in [3, 2] { world.ledger.putBack(position, now: world.now) }
        world.send([3])
        let again = world.receive()
        #expect(again.leases.map(\.position) == [2, 3, 4])
        #expect(again.leases.map(\.receiveCount) == [1, 1, 1])
    }

    @Test("A repeated attempt gets the same messages for as long as nobody touched them")
    func attempts() {
        var world = GroupWorld()
        world.send([1, 1])
        func request(_ seconds: Int64) -> GroupLedger.Request {
            .init(maximum: 10, now: world.now, visibleAt: world.now + seconds * 1_000)
        }
        let first = world.receive(seconds: 10).leases
        world.ledger.remember("a", first, request(10))
        world.wait(5)
        #expect(world.ledger.repeated("b", request(10)) == nil)
        #expect(world.ledger.repeated("a", request(10)) == first)
        world.wait(9)
        #expect(world.got() == [], "the repetition has hidden them anew")
        #expect(world.change(2, seconds: 20) == .changed)
        #expect(world.ledger.repeated("a", request(10)) == nil)
        world.ledger.remember("c", [first[1]], request(20))
        #expect(world.ledger.repeated("c", request(400)) == [first[1]])
        world.wait(300)
        #expect(world.ledger.repeated("c", request(10)) == nil, "five minutes are over")
    }

    @Test("Messages past retention are passed over, and a purge forgets everything")
    func gone() {
        var world = GroupWorld()
        world.send([1])
        #expect(world.got(seconds: 0) == [1])
        let old = world.now
        world.wait(60)
        world.send([1, 2])
        #expect(world.receive(seconds: 0, oldestSent: old).leases.map(\.position) == [2, 3])
        _ = world.ledger.raiseFloor(to: 3, isPurge: true)
        world.ledger.committed(tip: 3, rows: 0)
        #expect(world.counters() == QueueCounters())
        #expect(world.ledger.nextVisible(now: world.now) == nil)
        world.send([1])
        #expect(world.got() == [4])
    }

    @Test("What was in flight before a restart locks its group from the start and keeps its receipt")
    func adopted() {
        var world = GroupWorld()
        world.send([1, 1, 2])
        world.ledger.adopt(
            LeaseNote(
                position: 1, receiveCount: 3, firstReceivedAt: 5, lastReceivedAt: world.now - 1_000,
                visibleAt: world.now + 10_000), now: world.now)
        #expect(world.counters() == QueueCounters(visible: 2, inFlight: 1, delayed: 0))
        #expect(world.change(1, 2, seconds: 9) == .expired)
        #expect(world.change(1, 3, seconds: 9) == .changed)
        #expect(world.got() == [3])
        world.wait(9)
        let again = world.receive().leases
        #expect(again.map(\.position) == [1, 2])
        #expect(again.first?.receiveCount == 4)
        #expect(again.first?.firstReceivedAt == 5)
        #expect(world.ledger.beginDelete([.init(position: 9, serial: 1)], now: world.now).unread.count == 1)
    }

    @Test("No more than the look-ahead is known, and room lets the rest in")
    func bounded() {
        var world = GroupWorld()
        world.send(Array(repeating: 1, count: GroupLedger.lookAhead) + [2])
        #expect(world.got(1) == [1])
        #expect(world.ledger.cursor == Position(GroupLedger.lookAhead))
        #expect(world.ledger.nextVisible(now: world.now) == world.now + 30_000, "group 2 is out of sight")
        #expect(world.ledger.beginDelete([.init(position: 1, serial: 1)], now: world.now).refused == [])
        let frees = world.ledger.remove([1])
        #expect(frees)
        #expect(world.got(2).first == 2)
        #expect(world.got() == [Position(GroupLedger.lookAhead) + 1])
    }
}
