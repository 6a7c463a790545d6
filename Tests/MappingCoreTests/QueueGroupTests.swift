import EventModel
import MappingCore
import Testing

/// esm-sqs.md §5.
@Suite("Message groups in a queue machine")
struct QueueGroupTests {
    private static let start = Timestamp(millisecondsSinceEpoch: 1_000_000)

    private func at(_ seconds: Double) -> Timestamp { Self.start + .milliseconds(Int(seconds * 1_000)) }

    private func settings(
        size: Int = 10, reports: Bool = true, concurrency: Int = 5, eventBytes: Int = Limits.eventBytes
    ) -> QueueSettings {
        QueueSettings(
            batch: BatchLimits(size: size, eventBytes: eventBytes), reportsBatchItemFailures: reports,
            functionTimeout: .seconds(3), queueVisibility: .seconds(30),
            scaling: .limited(maximumConcurrency: concurrency))
    }

    private func received(
        _ groups: [Int], bytes: Int = 100, at time: Double, isExhausted: Bool = true
    ) -> QueueMachine.ReceivedMessages {
        QueueMachine.ReceivedMessages(
            groups.map { .init(encodedBytes: bytes, group: $0) }, leaseDeadline: at(time + 30),
            isExhausted: isExhausted)
    }

    /// Receives these messages into the slot and returns what follows.
    private func receive(
        _ groups: [Int], bytes: Int = 100, into slot: Int, of machine: inout QueueMachine, at time: Double,
        isExhausted: Bool = true
    ) -> [QueueMachine.Effect] {
        #expect(machine.step(.messagesMayBeAvailable, now: at(time)).contains(.requestPermit(slot)))
        _ = machine.step(.permitGranted(slot), now: at(time))
        let answer = received(groups, bytes: bytes, at: time, isExhausted: isExhausted)
        return machine.step(.received(slot, answer), now: at(time))
    }

    private func started(_ settings: QueueSettings) -> QueueMachine {
        var machine = QueueMachine(settings: settings)
        _ = machine.step(.start, now: at(0))
        _ = machine.step(.permitGranted(0), now: at(0))
        _ = machine.step(.received(0, received([], at: 0)), now: at(0))
        return machine
    }

    private func invoked(_ effects: [QueueMachine.Effect]) -> Range<Int>? {
        for case .invoke(_, let plan) in effects { return plan.messages }
        return nil
    }

    @Test("One batch may hold several groups, each in order")
    func severalGroups() {
        var machine = started(settings())
        #expect(invoked(receive([1, 1, 2, 3], into: 0, of: &machine, at: 0)) == 0..<4)
    }

    @Test("Batches of different groups are in flight together")
    func differentGroups() {
        var machine = started(settings(size: 1))
        #expect(invoked(receive([1], into: 0, of: &machine, at: 0)) == 0..<1)
        #expect(invoked(receive([2], into: 1, of: &machine, at: 0)) == 0..<1)
        #expect(machine.inFlightBatches == 2)
    }

    @Test("A batch waits for another slot's invocation of its group, and is sent when that ends")
    func waitsForGroup() {
        var machine = started(settings())
        _ = receive([1, 2], into: 0, of: &machine, at: 0)
        // The receipts ended at 30 while the function still works, so the queue hands out the same again.
        let waiting = receive([2, 3], into: 1, of: &machine, at: 31)
        #expect(invoked(waiting) == nil)
        #expect(waiting.contains(.releasePermit(1)))
        #expect(waiting.contains(.explain(.waitingForGroup(count: 2, request: 2))))
        #expect(waiting.last == .wake(at: at(61)))
        let ended = machine.step(.invocationEnded(0, 1, .succeeded), now: at(40))
        #expect(ended.contains(.requestPermit(1)))
        #expect(invoked(machine.step(.permitGranted(1), now: at(40))) == 0..<2)
    }

    @Test("It waits no longer than its own receipts last")
    func waitsNoLonger() {
        var machine = started(settings())
        _ = receive([1], into: 0, of: &machine, at: 0)
        _ = receive([1], into: 1, of: &machine, at: 31)
        #expect(
            machine.step(.timerFired, now: at(61)) == [
                .explain(.leaseExpired(count: 1, request: 2)), .leave(1, .range(0..<1), wasExecuted: false),
                .release(1),
            ])
        #expect(machine.step(.invocationEnded(0, 1, .succeeded), now: at(70)).contains(.release(0)))
        #expect(invoked(receive([1], into: 0, of: &machine, at: 71)) == 0..<1)
    }

    @Test("A throttled batch does not keep others from its group when its receipts have ended")
    func throttledIsNotAtWork() {
        var machine = started(settings())
        _ = receive([1], into: 0, of: &machine, at: 0)
        _ = machine.step(.invocationEnded(0, 1, .notReached(.throttled)), now: at(29.9))
        #expect(invoked(receive([1], into: 0, of: &machine, at: 30)) == 0..<1)
    }

    @Test(
        "Deleted is what the answer does not name, also after a failed message of the group",
        arguments: [
            ([1, 2, 3], [0], [1, 2, 3]), ([1], [0, 2, 3], [1]), ([3], [0, 1, 2], [3]),
            ([0, 1, 2, 3], [], [0, 1, 2, 3]),
        ] as [([Int], [Int], [Int])])
    func partialFailure(failed: [Int], deleted: [Int], left: [Int]) {
        var machine = started(settings())
        _ = receive([1, 1, 1, 1], into: 0, of: &machine, at: 0)
        let effects = machine.step(.invocationEnded(0, 1, .partiallyFailed(failed)), now: at(1))
        #expect(effects.contains(.delete(0, .some(deleted))) == !deleted.isEmpty)
        #expect(effects.contains(.leave(0, .some(left), wasExecuted: true)))
    }

    @Test("What did not fit into the event does not overtake what failed before it in its group")
    func leftOver() {
        var machine = started(settings(reports: true, eventBytes: 1_000))
        _ = receive([1, 2, 1, 1, 2], bytes: 400, into: 0, of: &machine, at: 0)
        let effects = machine.step(.invocationEnded(0, 1, .partiallyFailed([0])), now: at(1))
        #expect(
            effects == [
                .explain(.partiallyFailed(deleted: 1, left: 1, request: 1)), .delete(0, .some([1])),
                .leave(0, .some([0]), wasExecuted: true), .explain(.leftBehindGroup(count: 2)),
                .leave(0, .range(2..<4), wasExecuted: false),
                .explain(.batchClosed(count: 1, .available, request: 2)), .requestPermit(0),
            ])
        #expect(invoked(machine.step(.permitGranted(0), now: at(1))) == 4..<5)
    }

    @Test("After a success the rest of the group follows from the same slot")
    func leftOverAfterSuccess() {
        var machine = started(settings(eventBytes: 1_000))
        _ = receive([1, 1, 1], bytes: 400, into: 0, of: &machine, at: 0)
        _ = machine.step(.invocationEnded(0, 1, .succeeded), now: at(1))
        #expect(invoked(machine.step(.permitGranted(0), now: at(1))) == 2..<3)
    }

    @Test("A delete that the queue refused is told, and looked for")
    func deleteRefused() {
        var machine = started(settings())
        #expect(
            machine.step(.deletesRefused(count: 2), now: at(1)) == [
                .explain(.deleteRefused(count: 2)), .requestPermit(0),
            ])
    }
}
