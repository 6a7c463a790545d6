import EventModel
import EventStore
import Testing

@Suite("Message moves in the store")
struct MessageMoveStoreTests {
    private static let task = "10f57157-fc38-4da9-a113-4de7e12d05dd"

    private struct World {
        let store: TestStore
        let dead: QueueKey
        let target: QueueKey

        init() throws {
            store = try TestStore()
            dead = try store.makeQueue("dead")
            target = try store.makeQueue("target")
        }

        func begin(to destination: String? = "target") throws -> MessageMove {
            let hidden = store.counters(dead)
            let arn = destination.map { Location().arn("sqs", $0) }
            return try store.store.perform { [dead] writer throws(StoreError) in
                try writer.beginMove(
                    MessageMoveStoreTests.task, from: dead, to: arn, perSecond: nil,
                    hidden: hidden.inFlight + hidden.delayed)
            }
        }

        func take(_ maximum: Int = 100, maxBytes: Int = .max) throws -> TakenMessages {
            try store.reader.takeForMove(
                from: dead, maximum: maximum, maxBytes: maxBytes, now: store.now)
        }

        func move(_ taken: TakenMessages) throws -> MoveStep {
            let step = try store.store.perform { writer throws(StoreError) in
                try writer.moveMessages(
                    of: MessageMoveStoreTests.task, taken.positions, isLast: taken.isAll)
            }
            store.store.leases.cancelDelete(step.kept, in: dead, now: store.now)
            return step
        }
    }

    @Test("Moved messages are new ones: another ID, sent now, never received")
    func anew() throws {
        let world = try World()
        let sent = try world.store.send(["one"], to: world.dead)
        _ = try world.store.receive(world.dead, visibilitySeconds: 0)
        world.store.clock.advance(.seconds(60))
        _ = try world.begin()
        let step = try world.move(try world.take())
        #expect(step.move?.status == .completed)
        #expect(step.move?.moved == 1)
        let moved = try #require(try world.store.receive(world.target).first)
        #expect(moved.body == "one")
        #expect(moved.message.messageID != sent[0].messageID)
        #expect(moved.message.sentAt == world.store.now)
        #expect(moved.message.receiveCount == 1)
        #expect(moved.message.deadLetterSource == nil)
        #expect(world.store.counters(world.dead) == QueueCounters())
        #expect(try world.store.receive(world.dead).isEmpty)
    }

    @Test("What is in flight or delayed stays until it is visible")
    func hidden() throws {
        let world = try World()
        try world.store.send(["in flight", "visible"], to: world.dead)
        try world.store.send(["delayed"], to: world.dead, delaySeconds: 60)
        #expect(try world.store.receive(world.dead, 1, visibilitySeconds: 30).map(\.body) == ["in flight"])
        let begun = try world.begin()
        #expect(begun.toMove == 1)
        #expect(begun.atMost == 3)
        let taken = try world.take()
        #expect(taken.positions.count == 1)
        #expect(taken.isAll)
        #expect(try world.move(taken).move?.status == .completed)
        #expect(try world.store.receive(world.target).map(\.body) == ["visible"])
        #expect(world.store.counters(world.dead) == QueueCounters(visible: 0, inFlight: 1, delayed: 1))
        world.store.clock.advance(.seconds(61))
        #expect(try Set(world.store.receive(world.dead).map(\.body)) == ["in flight", "delayed"])
    }

    @Test("What is taken is received by nobody, and counts as before when it is given back")
    func givenBack() throws {
        let world = try World()
        try world.store.send(["one"], to: world.dead)
        #expect(try world.store.receive(world.dead, visibilitySeconds: 0).count == 1)
        let taken = try world.take()
        #expect(try world.store.receive(world.dead).isEmpty)
        world.store.store.leases.cancelDelete(taken.positions, in: world.dead, now: world.store.now)
        #expect(try world.store.receive(world.dead).map(\.message.receiveCount) == [2])
    }

    @Test("A take stops at its count and behind the message that fills its bytes")
    func bounded() throws {
        let world = try World()
        try world.store.send(["12345", "12345", "12345", "12345"], to: world.dead)
        let first = try world.take(1)
        #expect(first == TakenMessages(positions: [1], isAll: false))
        let second = try world.take(100, maxBytes: 6)
        #expect(second == TakenMessages(positions: [2, 3], isAll: false))
        let third = try world.take()
        #expect(third == TakenMessages(positions: [4], isAll: true))
    }

    @Test("Without a destination each message goes to the queue it came from")
    func sources() throws {
        let world = try World()
        let dead = Location().arn("sqs", "dead")
        let redriven = ["a", "b"]
        for name in redriven {
            let source = try world.store.makeQueue(name) {
                $0.redrive = RedrivePolicy(deadLetterTarget: dead, maxReceiveCount: 1)
            }
            try world.store.send(["of \(name)"], to: source)
            _ = try world.store.receive(source, visibilitySeconds: 0)
            #expect(try world.store.receive(source).isEmpty)
        }
        try world.store.settle()
        _ = try world.begin(to: nil)
        #expect(try world.move(try world.take()).move?.moved == 2)
        for name in redriven {
            let source = try #require(world.store.store.catalog.queue(Location().arn("sqs", name)))
            #expect(try world.store.receive(source.key).map(\.body) == ["of \(name)"])
        }
    }

    @Test("A message that has nowhere to go fails the task; it stays, those before it are moved")
    func failure() throws {
        let world = try World()
        let source = try world.store.makeQueue("a") {
            $0.redrive = RedrivePolicy(deadLetterTarget: Location().arn("sqs", "dead"), maxReceiveCount: 1)
        }
        try world.store.send(["known"], to: source)
        _ = try world.store.receive(source, visibilitySeconds: 0)
        _ = try world.store.receive(source)
        try world.store.settle()
        try world.store.send(["unknown", "behind it"], to: world.dead)
        _ = try world.begin(to: nil)
        let step = try world.move(try world.take())
        #expect(step.move?.status == .failed)
        #expect(step.move?.failure == "CouldNotDetermineMessageSource")
        #expect(step.move?.moved == 1)
        #expect(try world.store.receive(world.dead).map(\.body) == ["unknown", "behind it"])
    }

    @Test("A deleted destination fails the task")
    func deletedDestination() throws {
        let world = try World()
        try world.store.send(["one"], to: world.dead)
        _ = try world.begin()
        try world.store.store.perform { [target = world.target] writer throws(StoreError) in
            try writer.deleteQueue(target)
        }
        let step = try world.move(try world.take())
        #expect(step.move?.failure == "AWS.SimpleQueueService.NonExistentQueue")
        #expect(try world.store.receive(world.dead).map(\.body) == ["one"])
    }

    @Test("A task that was cancelled moves nothing more")
    func cancelled() throws {
        let world = try World()
        try world.store.send(["one"], to: world.dead)
        _ = try world.begin()
        let taken = try world.take()
        _ = try world.store.store.perform { writer throws(StoreError) in
            try writer.setMove(Self.task, .cancelling)
        }
        let step = try world.move(taken)
        #expect(step.kept == taken.positions)
        #expect(step.move?.status == .cancelling)
        #expect(try world.store.receive(world.dead).map(\.body) == ["one"])
        #expect(try world.store.receive(world.target).isEmpty)
    }

    @Test("A running task is there after a restart, and gone with its queue")
    func restart() throws {
        let world = try World()
        try world.store.send(["one", "two"], to: world.dead)
        let begun = try world.begin()
        let step = try world.move(try world.take(1))
        #expect(step.move?.status == .running)
        try world.store.reopen()
        let found = try #require(try world.store.reader.activeMessageMoves().first)
        #expect(found == step.move)
        #expect(found.startedAt == begun.startedAt)
        try world.store.store.perform { [dead = world.dead] writer throws(StoreError) in
            try writer.deleteQueue(dead)
        }
        #expect(try world.store.reader.activeMessageMoves().isEmpty)
    }

    @Test("It moves no more than was there when it began")
    func bound() throws {
        let world = try World()
        try world.store.send(["one"], to: world.dead)
        let begun = try world.begin()
        #expect(begun.atMost == 1)
        try world.store.send(["later"], to: world.dead)
        let step = try world.move(try world.take(1))
        #expect(step.move?.status == .completed)
        #expect(try world.store.receive(world.dead).map(\.body) == ["later"])
    }

    @Test("The last ten tasks of a queue are kept, newest first")
    func history() throws {
        let world = try World()
        for number in 0..<12 {
            try world.store.store.perform { [dead = world.dead] writer throws(StoreError) in
                _ = try writer.beginMove("task \(number)", from: dead, to: nil, perSecond: 5, hidden: 0)
                _ = try writer.setMove("task \(number)", .cancelled)
            }
        }
        let moves = try world.store.reader.messageMoves(of: world.dead, limit: 100)
        let newest: [String] = (2..<12).reversed().map { "task \($0)" }
        #expect(moves.map(\.task) == newest)
        #expect(moves.allSatisfy { $0.status == .cancelled })
        #expect(moves.allSatisfy { $0.perSecond == 5 })
    }
}
