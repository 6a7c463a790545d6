import EventModel
import SQSService
import Testing

@Suite("How often a FIFO queue may be called")
struct FIFOThrottleTests {
    private static let queue = QueueKey(rawValue: 1)
    private static let start = Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)

    private func at(_ milliseconds: Int64) -> Timestamp { Self.start + .milliseconds(milliseconds) }

    /// How many of many calls pass.
    private func passed(
        _ throttle: Throttle, _ action: FIFOThrottle.Action = .send, group: UInt64? = nil,
        at milliseconds: Int64
    ) -> Int {
        var passed = 0
        for _ in 0..<1_000
        where throttle.admit(action, to: Self.queue, group: group, now: at(milliseconds)) { passed += 1 }
        return passed
    }

    @Test("Three hundred calls pass at once, and three more every ten milliseconds")
    func pace() {
        let throttle = Throttle()
        #expect(passed(throttle, at: 0) == 300)
        #expect(passed(throttle, at: 3) == 0)
        #expect(passed(throttle, at: 4) == 1)
        #expect(passed(throttle, at: 10) == 2)
        #expect(passed(throttle, at: 510) == 150)
        #expect(passed(throttle, at: 60_000) == 300)
    }

    @Test("Actions, queues and groups do not share")
    func apart() {
        let throttle = Throttle()
        for action in [.send, .receive, .delete] as [FIFOThrottle.Action] {
            for group in [nil, 0, 1] as [UInt64?] {
                #expect(passed(throttle, action, group: group, at: 0) == 300)
            }
        }
        let admitted = throttle.admit(.send, to: QueueKey(rawValue: 2), now: at(0))
        #expect(admitted)
    }

    @Test("A group that was received from too often is known as spent until it has one call again")
    func spent() {
        let throttle = Throttle()
        #expect(passed(throttle, .receive, group: 7, at: 0) == 300)
        #expect(passed(throttle, .send, group: 8, at: 0) == 300)
        #expect(throttle.spentGroups(of: Self.queue, now: at(3)) == [7])
        #expect(throttle.spentGroups(of: QueueKey(rawValue: 2), now: at(3)).isEmpty)
        #expect(throttle.spentGroups(of: Self.queue, now: at(4)).isEmpty)
        #expect(passed(throttle, .receive, group: 7, at: 4) == 1)
        #expect(throttle.spentGroups(of: Self.queue, now: at(4)) == [7])
    }

    @Test("A clock that is set back does not stop the calls")
    func clockBack() {
        let throttle = Throttle()
        #expect(passed(throttle, .receive, group: 7, at: 0) == 300)
        #expect(passed(throttle, .receive, group: 7, at: -10) == 0)
        #expect(throttle.spentGroups(of: Self.queue, now: at(-3_600_000)).isEmpty)
        #expect(passed(throttle, .receive, group: 7, at: -3_600_000) == 300)
    }

    @Test("Groups that rest are forgotten, busy ones are not")
    func memory() {
        let throttle = Throttle()
        for group in 1..<UInt64(FIFOThrottle.remembered) {
            _ = throttle.admit(.receive, to: Self.queue, group: group, now: at(0))
        }
        #expect(passed(throttle, .receive, group: 0, at: 10) == 300)
        #expect(throttle.value.count == FIFOThrottle.remembered)
        #expect(passed(throttle, .receive, group: .max, at: 12) == 300)
        #expect(throttle.value.count == 2)
        #expect(throttle.spentGroups(of: Self.queue, now: at(12)) == [0, .max])
    }

    @Test("However many groups are busy, so many are remembered and no more")
    func crowd() {
        let throttle = Throttle()
        for group in 0..<UInt64(FIFOThrottle.remembered * 2 + 1) {
            _ = throttle.admit(.send, to: Self.queue, group: group, now: at(0))
            guard throttle.value.count <= FIFOThrottle.remembered else {
                Issue.record("\(throttle.value.count) are remembered")
                return
            }
        }
        #expect(throttle.value.count == 1)
    }
}

/// Lets expectations change the value.
private final class Throttle {
    var value = FIFOThrottle()

    func admit(
        _ action: FIFOThrottle.Action, to queue: QueueKey, group: UInt64? = nil, now: Timestamp
    ) -> Bool {
        value.admit(action, to: queue, group: group, now: now)
    }

    func spentGroups(of queue: QueueKey, now: Timestamp) -> Set<UInt64> {
        value.spentGroups(of: queue, now: now)
    }
}
