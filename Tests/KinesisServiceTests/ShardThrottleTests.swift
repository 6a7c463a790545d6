import EventModel
import KinesisService
import Testing

@Suite("What a shard takes and gives a second")
struct ShardThrottleTests {
    private static let shard = ShardKey(rawValue: 1)
    private static let start = Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)
    private static let megabyte = 1_048_576

    private func at(_ milliseconds: Int64) -> Timestamp { Self.start + .milliseconds(milliseconds) }

    @Test("A thousand records pass at once, the next one a millisecond later")
    func records() {
        let throttle = Throttle()
        let first = (0..<1_200).map { _ in throttle.write(10, to: Self.shard, now: at(0)) }
        #expect(first.count { $0 } == 1_000)
        #expect(first.prefix(1_000).allSatisfy { $0 })
        #expect(throttle.write(10, to: Self.shard, now: at(1)))
        #expect(!throttle.write(10, to: Self.shard, now: at(1)))
    }

    @Test(
        "A second holds one megabyte, whatever the size of the records",
        arguments: [1_024, 65_536, 1_048_576])
    func bytes(size: Int) {
        let throttle = Throttle()
        for second in [0, 1_000, 2_000] as [Int64] {
            let passed = (0..<2_000).count { _ in throttle.write(size, to: Self.shard, now: at(second)) }
            #expect(passed == min(1_000, Self.megabyte / size))
        }
    }

    @Test("A record of ten megabytes passes after a pause, and nine seconds have to pay for the rest")
    func largeRecord() {
        let throttle = Throttle()
        #expect(throttle.write(10 * Self.megabyte, to: Self.shard, now: at(0)))
        #expect(!throttle.write(1, to: Self.shard, now: at(9_000)))
        #expect(throttle.write(1, to: Self.shard, now: at(9_001)))
        #expect(!throttle.write(10 * Self.megabyte, to: Self.shard, now: at(9_002)))
    }

    @Test("What is refused costs nothing")
    func refusal() {
        let throttle = Throttle()
        #expect(throttle.write(Self.megabyte, to: Self.shard, now: at(0)))
        for _ in 0..<5_000 { #expect(!throttle.write(Self.megabyte / 2, to: Self.shard, now: at(400))) }
        #expect(throttle.write(Self.megabyte / 2, to: Self.shard, now: at(500)))
    }

    @Test("Shards do not share")
    func apart() {
        let throttle = Throttle()
        #expect(throttle.write(Self.megabyte, to: Self.shard, now: at(0)))
        #expect(throttle.write(Self.megabyte, to: ShardKey(rawValue: 2), now: at(0)))
    }

    @Test("Five reads pass a second")
    func reads() {
        let throttle = Throttle()
        #expect((0..<8).count { _ in throttle.read(from: Self.shard, now: at(0)) } == 5)
        #expect(!throttle.read(from: Self.shard, now: at(199)))
        #expect(throttle.read(from: Self.shard, now: at(200)))
        #expect((0..<8).count { _ in throttle.makeIterator(of: Self.shard, now: at(0)) } == 5)
    }

    @Test("Ten megabytes read at once are paid for in five seconds")
    func largeRead() {
        let throttle = Throttle()
        #expect(throttle.read(from: Self.shard, now: at(0)))
        throttle.noteRead(10 * Self.megabyte, from: Self.shard)
        #expect(!throttle.read(from: Self.shard, now: at(5_000)))
        #expect(throttle.read(from: Self.shard, now: at(5_001)))
    }

    @Test("A clock that is set back refills from where it stands")
    func clockBack() {
        let throttle = Throttle()
        #expect(throttle.write(Self.megabyte, to: Self.shard, now: at(0)))
        #expect(!throttle.write(Self.megabyte, to: Self.shard, now: at(-3_600_000)))
        #expect(throttle.write(Self.megabyte, to: Self.shard, now: at(-3_599_000)))
    }

    @Test("Rested shards are forgotten, busy ones are not")
    func forgetting() {
        let throttle = Throttle()
        for number in 1...10_000 {
            let shard = ShardKey(rawValue: Int64(number))
            #expect(throttle.write(Self.megabyte, to: shard, now: at(0)))
        }
        #expect(!throttle.write(Self.megabyte, to: ShardKey(rawValue: 1), now: at(0)))
    }
}

/// The machine behind a reference, because expectations do not call what changes a value.
private final class Throttle {
    private var machine = ShardThrottle()

    func write(_ bytes: Int, to shard: ShardKey, now: Timestamp) -> Bool {
        machine.write(bytes, to: shard, now: now)
    }
    func read(from shard: ShardKey, now: Timestamp) -> Bool { machine.read(from: shard, now: now) }
    func noteRead(_ bytes: Int, from shard: ShardKey) { machine.noteRead(bytes, from: shard) }
    func makeIterator(of shard: ShardKey, now: Timestamp) -> Bool {
        machine.makeIterator(of: shard, now: now)
    }
}
