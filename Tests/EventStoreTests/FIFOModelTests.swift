import EventModel
import EventStore
import Glibc
import Testing

@Suite("A FIFO queue beside its model")
struct FIFOModelTests {
    /// `MODEL_SEEDS` asks for more of them.
    private static func seeds(_ count: Int) -> ClosedRange<Int> {
        1...(getenv("MODEL_SEEDS").flatMap { Int(String(cString: $0)) } ?? count)
    }

    @Test("Random work, with restarts, does what the model does", arguments: seeds(16))
    func random(seed: Int) throws {
        var world = try FIFOWorld(try TestStore(), seed: seed)
        for _ in 0..<250 { try world.step() }
        try world.drain()
        #expect(world.moved.isEmpty, world.hint)
    }

    @Test("With a dead-letter queue nothing is lost, doubled or moved out of its turn", arguments: seeds(12))
    func redrive(seed: Int) throws {
        var world = try FIFOWorld(
            try TestStore(), seed: 10_000 + seed, maxReceiveCount: seed % 3 + 1,
            delaySeconds: seed % 4 == 0 ? 5 : 0)
        for _ in 0..<250 { try world.step() }
        try world.drain()
        // Each group arrives in its order.
        for group in Set(world.moved.map(\.group)) {
            let positions = world.moved.filter { $0.group == group }.map(\.position)
            #expect(positions == positions.sorted(), world.hint)
        }
    }

    @Test(
        "After a crash everything that was sent is there, in order, and its duplicates are refused",
        arguments: seeds(8))
    func crash(seed: Int) throws {
        var world = try FIFOWorld(try TestStore(), seed: 20_000 + seed)
        for _ in 0..<120 { try world.step() }
        try world.test.settle()
        let copy = try world.test.copyAfterCrash()
        for send in world.model.sends.suffix(20) where copy.now - send.at < FIFOModel.window {
            var batch = MessageBatch()
            batch.append(body: "again", group: send.group, deduplicationID: send.deduplicationID)
            let ready = batch
            let answer = try copy.store.perform { [queue = world.queue] writer throws(StoreError) in
                try writer.send(ready, to: queue)
            }
            #expect(answer.map(\.isDuplicate) == [true], world.hint)
            #expect(answer.map(\.position) == [send.position], world.hint)
        }
        copy.clock.advance(.seconds(700))
        let rest = try copy.receiveInOrder(world.queue, 10_000, visibilitySeconds: 60)
        #expect(Set(rest.map(\.body)) == Set(world.model.messages.map(\.body)), world.hint)
        for group in world.model.groups {
            #expect(
                rest.filter { $0.message.groupID == group }.map(\.body)
                    == world.model.messages.filter { $0.group == group }.map(\.body), world.hint)
        }
        for copied in rest {
            // A receive that was handed out is not forgotten.
            #expect(
                copied.message.receiveCount
                    == (world.model.message(copied.message.position)?.receiveCount ?? 0) + 1, world.hint)
        }
    }
}
