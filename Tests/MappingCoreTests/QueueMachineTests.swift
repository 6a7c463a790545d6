import EventModel
import MappingCore
import Testing

@Suite("A queue machine")
struct QueueMachineTests {
    private static let start = Timestamp(millisecondsSinceEpoch: 1_000_000)

    private func at(_ seconds: Double) -> Timestamp { Self.start + .milliseconds(Int(seconds * 1_000)) }

    private func settings(
        size: Int = 10, window: Duration = .zero, reports: Bool = false, concurrency: Int = 5,
        visibility: Duration = .seconds(30), eventBytes: Int = Limits.eventBytes
    ) -> QueueSettings {
        QueueSettings(
            batch: BatchLimits(size: size, window: window, eventBytes: eventBytes),
            reportsBatchItemFailures: reports, functionTimeout: .seconds(3), queueVisibility: visibility,
            scaling: .limited(maximumConcurrency: concurrency))
    }

    private func messages(
        _ count: Int, bytes: Int = 100, until deadline: Timestamp, isExhausted: Bool
    ) -> QueueMachine.ReceivedMessages {
        QueueMachine.ReceivedMessages(
            Array(repeating: .init(encodedBytes: bytes), count: count), leaseDeadline: deadline,
            isExhausted: isExhausted)
    }

    /// Started, with slot 0 about to receive.
    private func receiving(_ settings: QueueSettings) -> QueueMachine {
        var machine = QueueMachine(settings: settings)
        #expect(machine.step(.start, now: at(0)) == [.requestPermit(0)])
        _ = machine.step(.permitGranted(0), now: at(0))
        return machine
    }

    /// With slot 0 invoking three messages.
    private func invoking(_ settings: QueueSettings) -> QueueMachine {
        var machine = receiving(settings)
        _ = machine.step(.received(0, messages(3, until: at(30), isExhausted: true)), now: at(0))
        return machine
    }

    private func first(_ effects: [QueueMachine.Effect]) -> QueueInvocationPlan? {
        for case .invoke(_, let plan) in effects { return plan }
        return nil
    }

    @Test("A permit comes before a receive, and is given back when nothing is there")
    func permitFirst() {
        var machine = QueueMachine(settings: settings())
        #expect(machine.step(.start, now: at(0)) == [.requestPermit(0)])
        #expect(
            machine.step(.permitGranted(0), now: at(0)) == [
                .receive(0, limit: 10, bytes: Limits.eventBytes, visibility: nil)
            ])
        #expect(
            machine.step(.received(0, messages(0, until: at(30), isExhausted: true)), now: at(0)) == [
                .releasePermit(0)
            ])
        #expect(machine.step(.timerFired, now: at(100)) == [])
        #expect(machine.step(.messagesMayBeAvailable, now: at(101)) == [.requestPermit(0)])
    }

    @Test("Without a permit it receives nothing and asks again when one may be free")
    func permitDenied() {
        var machine = QueueMachine(settings: settings())
        _ = machine.step(.start, now: at(0))
        #expect(machine.step(.permitDenied(0), now: at(0)) == [.explain(.permitDenied)])
        #expect(machine.step(.messagesMayBeAvailable, now: at(1)) == [])
        #expect(machine.step(.permitMayBeFree, now: at(2)) == [.requestPermit(0)])
    }

    @Test("A success deletes the batch and frees the slot")
    func success() {
        var machine = receiving(settings())
        let effects = machine.step(.received(0, messages(3, until: at(30), isExhausted: true)), now: at(0))
        let plan = QueueInvocationPlan(invocation: 1, request: 1, isRepeat: false, messages: 0..<3)
        #expect(effects == [.explain(.batchClosed(count: 3, .available, request: 1)), .invoke(0, plan)])
        #expect(machine.inFlightBatches == 1 && machine.heldMessages == 3)
        #expect(
            machine.step(.invocationEnded(0, 1, .succeeded), now: at(1)) == [
                .delete(0, .range(0..<3)), .release(0),
            ])
        #expect(machine.inFlightBatches == 0 && machine.heldMessages == 0)
        #expect(machine.step(.invocationEnded(0, 1, .succeeded), now: at(1)) == [])
    }

    @Test("A function error leaves the batch alone and halves the concurrency for a while")
    func functionError() {
        var machine = invoking(settings())
        #expect(
            machine.step(.invocationEnded(0, 1, .failed(.functionError)), now: at(1)) == [
                .explain(.batchFailed(count: 3, .functionError, request: 1)),
                .leave(0, .range(0..<3), wasExecuted: true), .explain(.concurrencyReduced(to: 2)),
                .release(0),
            ])
        #expect(machine.concurrency(now: at(1)) == 2)
        #expect(machine.concurrency(now: at(9)) == 5)
    }

    @Test("With ReportBatchItemFailures an error lowers nothing")
    func functionErrorWithReports() {
        var machine = invoking(settings(reports: true))
        _ = machine.step(.invocationEnded(0, 1, .failed(.badResponse(.notJSON))), now: at(1))
        #expect(machine.concurrency(now: at(1)) == 5)
    }

    @Test("A partial failure deletes what succeeded and leaves the rest")
    func partialFailure() {
        var machine = invoking(settings(reports: true))
        #expect(
            machine.step(.invocationEnded(0, 1, .partiallyFailed([1])), now: at(1)) == [
                .explain(.partiallyFailed(deleted: 2, left: 1, request: 1)), .delete(0, .some([0, 2])),
                .leave(0, .some([1]), wasExecuted: true), .release(0),
            ])
    }

    @Test("When all items failed nothing is deleted")
    func allFailed() {
        var machine = invoking(settings(reports: true))
        let effects = machine.step(.invocationEnded(0, 1, .partiallyFailed([0, 1, 2])), now: at(1))
        #expect(!effects.contains { if case .delete = $0 { true } else { false } })
        #expect(effects.contains(.leave(0, .some([0, 1, 2]), wasExecuted: true)))
    }

    @Test("A full receive starts the next slot, up to the limit")
    func scaling() {
        var machine = receiving(settings(concurrency: 2))
        let full = messages(10, until: at(30), isExhausted: false)
        #expect(machine.step(.received(0, full), now: at(0)).last == .requestPermit(1))
        _ = machine.step(.permitGranted(1), now: at(0))
        let last = machine.step(.received(1, full), now: at(0))
        #expect(first(last)?.invocation == 2)
        #expect(!last.contains { if case .requestPermit = $0 { true } else { false } })
        #expect(machine.step(.invocationEnded(0, 1, .succeeded), now: at(1)).last == .requestPermit(0))
    }

    @Test("A window gathers several receives into one batch")
    func window() {
        var machine = receiving(settings(size: 20, window: .seconds(1)))
        #expect(
            machine.step(.received(0, messages(8, until: at(30), isExhausted: true)), now: at(0)) == [
                .wake(at: at(1))
            ])
        let more = machine.step(.messagesMayBeAvailable, now: at(0.5))
        #expect(more == [.receive(0, limit: 12, bytes: Limits.eventBytes - 821, visibility: nil)])
        _ = machine.step(.received(0, messages(4, until: at(30.5), isExhausted: true)), now: at(0.5))
        let effects = machine.step(.timerFired, now: at(1))
        #expect(first(effects)?.messages == 0..<12)
        #expect(effects.contains(.explain(.batchClosed(count: 12, .window, request: 1))))
    }

    @Test("Thirty messages, batches of twenty, a window: two invocations")
    func recordedBatches() {
        var machine = receiving(settings(size: 20, window: .seconds(1), concurrency: 2))
        let full = machine.step(.received(0, messages(20, until: at(30), isExhausted: false)), now: at(0))
        #expect(first(full)?.messages == 0..<20)
        _ = machine.step(.permitGranted(1), now: at(0))
        _ = machine.step(.received(1, messages(10, until: at(30), isExhausted: true)), now: at(0))
        #expect(first(machine.step(.timerFired, now: at(1)))?.messages == 0..<10)
    }

    @Test(
        "The effective visibility covers window and function",
        arguments: [(0, 1, nil), (27, 30, nil), (28, 30, 61), (300, 30, 333)] as [(Int, Int, Int?)])
    func visibility(window: Int, queue: Int, expected: Int?) {
        let settings = settings(window: .seconds(window), visibility: .seconds(queue))
        #expect(settings.receiveVisibility == expected.map { .seconds($0) })
    }

    @Test("What does not fit into the event is sent next, from the same slot")
    func leftOver() {
        var machine = receiving(settings(eventBytes: 1_000))
        // 14 + 400 + 1 + 400 = 815; a third would not fit.
        let received = messages(5, bytes: 400, until: at(30), isExhausted: true)
        let effects = machine.step(.received(0, received), now: at(0))
        #expect(first(effects)?.messages == 0..<2)
        #expect(effects.contains(.explain(.batchClosed(count: 2, .bytes, request: 1))))
        let next = machine.step(.invocationEnded(0, 1, .succeeded), now: at(1))
        #expect(
            next == [
                .delete(0, .range(0..<2)), .explain(.batchClosed(count: 2, .bytes, request: 2)),
                .requestPermit(0),
            ])
        #expect(first(machine.step(.permitGranted(0), now: at(1)))?.messages == 2..<4)
        _ = machine.step(.invocationEnded(0, 2, .failed(.functionError)), now: at(2))
        #expect(first(machine.step(.permitGranted(0), now: at(2)))?.messages == 4..<5)
        #expect(
            machine.step(.invocationEnded(0, 3, .succeeded), now: at(3)) == [
                .delete(0, .range(4..<5)), .release(0),
            ])
    }

    @Test("A throttled batch is tried again under the same request while its receipts are valid")
    func throttled() {
        var machine = invoking(settings())
        let effects = machine.step(.invocationEnded(0, 1, .notReached(.throttled)), now: at(1))
        #expect(effects.contains(.wake(at: at(1.2))))
        #expect(
            effects.contains(
                .explain(.waiting(count: 3, .throttled, request: 1, delay: .milliseconds(200)))))
        #expect(machine.step(.timerFired, now: at(1.2)) == [.requestPermit(0)])
        #expect(
            machine.step(.permitGranted(0), now: at(1.2)) == [
                .invoke(0, QueueInvocationPlan(invocation: 2, request: 1, isRepeat: true, messages: 0..<3))
            ])
        #expect(
            machine.step(.invocationEnded(0, 2, .succeeded), now: at(2)).contains(.delete(0, .range(0..<3))))
    }

    @Test("When the receipts end first, the batch is left", arguments: [true, false])
    func leaseExpired(whileParked: Bool) {
        var machine = invoking(settings())
        _ = machine.step(.invocationEnded(0, 1, .notReached(.throttled)), now: at(1))
        if whileParked {
            _ = machine.step(.timerFired, now: at(1.2))
            #expect(
                machine.step(.permitDenied(0), now: at(1.2)) == [.explain(.permitDenied), .wake(at: at(30))])
        }
        #expect(
            machine.step(.timerFired, now: at(30)) == [
                .explain(.leaseExpired(count: 3, request: 1)), .leave(0, .range(0..<3), wasExecuted: false),
                .release(0),
            ])
    }

    @Test("A permit that comes after the receipts ended is given back")
    func latePermit() {
        var machine = invoking(settings())
        _ = machine.step(.invocationEnded(0, 1, .notReached(.throttled)), now: at(1))
        _ = machine.step(.timerFired, now: at(1.2))
        #expect(
            machine.step(.permitGranted(0), now: at(31)) == [
                .releasePermit(0), .explain(.leaseExpired(count: 3, request: 1)),
                .leave(0, .range(0..<3), wasExecuted: false),
                .release(0),
            ])
    }

    @Test("Messages that came during a receive are received next")
    func newsDuringReceive() {
        var machine = receiving(settings())
        #expect(machine.step(.messagesMayBeAvailable, now: at(0)) == [])
        #expect(
            machine.step(.received(0, messages(0, until: at(30), isExhausted: true)), now: at(0)) == [
                .releasePermit(0), .requestPermit(0),
            ])
    }

    @Test("A lowered limit wakes the machine when it rises, if messages wait for it")
    func limitRises() {
        var machine = receiving(settings(concurrency: 2))
        let full = messages(10, until: at(30), isExhausted: false)
        _ = machine.step(.received(0, full), now: at(0))
        _ = machine.step(.permitGranted(1), now: at(0))
        _ = machine.step(.received(1, full), now: at(0))
        let failed = machine.step(.invocationEnded(0, 1, .failed(.functionError)), now: at(1))
        #expect(failed.last == .wake(at: at(2)))
        #expect(machine.step(.timerFired, now: at(2)) == [.requestPermit(0)])
    }

    @Test("A stop leaves what is buffered, lets invocations end and their deletes happen")
    func stop() {
        var machine = receiving(settings(size: 20, window: .seconds(10)))
        _ = machine.step(.received(0, messages(20, until: at(60), isExhausted: false)), now: at(0))
        _ = machine.step(.permitGranted(1), now: at(0))
        _ = machine.step(.received(1, messages(5, until: at(60), isExhausted: true)), now: at(0))
        #expect(
            machine.step(.stop, now: at(1)) == [
                .releasePermit(1), .explain(.leftAtStop(count: 5)),
                .leave(1, .range(0..<5), wasExecuted: false), .release(1),
                .cancelWake,
            ])
        #expect(
            machine.step(.invocationEnded(0, 1, .succeeded), now: at(2)) == [
                .delete(0, .range(0..<20)), .release(0), .stopped,
            ])
    }

    @Test("A stop waits for a receive that is under way and gives its messages back")
    func stopWhileReceiving() {
        var machine = receiving(settings())
        #expect(machine.step(.stop, now: at(0)) == [])
        #expect(
            machine.step(.received(0, messages(2, until: at(30), isExhausted: true)), now: at(0)) == [
                .releasePermit(0), .explain(.leftAtStop(count: 2)),
                .leave(0, .range(0..<2), wasExecuted: false), .release(0),
                .stopped,
            ])
    }

    @Test("A stop with nothing at hand is answered at once")
    func stopIdle() {
        var machine = QueueMachine(settings: settings())
        #expect(machine.step(.stop, now: at(0)) == [.stopped])
    }
}
