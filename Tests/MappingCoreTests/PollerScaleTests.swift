import EventModel
import MappingCore
import Testing

@Suite("The level of batches in flight")
struct PollerScaleTests {
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(millisecondsSinceEpoch: milliseconds) }

    /// A scale that expectations may change.
    private final class Subject {
        var scale: PollerScale

        init(_ scaling: PollerScaling, isBusy: Bool = false) {
            let start = Timestamp(millisecondsSinceEpoch: 0)
            scale = PollerScale(scaling, now: start)
            if isBusy { scale.note(occupied: scale.level, hasBacklog: true, now: start) }
        }

        func level(_ milliseconds: Int64) -> Int {
            scale.advance(to: Timestamp(millisecondsSinceEpoch: milliseconds))
            return scale.level
        }

        func reduce(_ milliseconds: Int64) -> Bool {
            scale.reduce(now: Timestamp(millisecondsSinceEpoch: milliseconds))
        }
    }

    /// At work on a backlog from the beginning.
    private func busy(_ scaling: PollerScaling) -> Subject { Subject(scaling, isBusy: true) }

    @Test("A reduction halves it, and it comes back a step a second")
    func reduceAndRecover() {
        let scale = Subject(.automatic)
        #expect(scale.scale.level == 5 && scale.scale.nextRise == nil)
        #expect(scale.reduce(0) && scale.scale.level == 2 && scale.scale.nextRise == at(1_000))
        #expect(scale.level(999) == 2)
        #expect(scale.level(1_000) == 3)
        scale.scale.advance(to: at(1_500))
        #expect(scale.scale.nextRise == at(2_000))
        #expect(scale.level(3_000) == 5 && scale.scale.nextRise == nil)
        #expect(scale.level(20_000) == 5)
    }

    @Test("A burst of failures counts once, and one batch is always allowed")
    func burst() {
        let scale = Subject(.automatic)
        #expect([0, 10, 999].map { scale.reduce($0) } == [true, false, false])
        #expect(scale.level(999) == 2)
        for second in 2...9 { _ = scale.reduce(Int64(second) * 1_000) }
        #expect(scale.level(9_000) >= 1)
    }

    @Test(
        "Under a backlog it rises by 300 a minute up to 1,250, with provisioned pollers by 1,000",
        arguments: [
            (.automatic, 5, 305, 1_250), (.limited(maximumConcurrency: 100), 5, 100, 100),
            (.limited(maximumConcurrency: 2), 2, 2, 2),
            (.provisioned(minimumPollers: 2, maximumPollers: 200), 20, 1_020, 2_000),
            (.provisioned(minimumPollers: 200, maximumPollers: 2_000), 2_000, 3_000, 20_000),
        ] as [(PollerScaling, Int, Int, Int)])
    func ramp(scaling: PollerScaling, start: Int, afterMinute: Int, ceiling: Int) {
        let scale = busy(scaling)
        #expect(scale.level(0) == start)
        #expect(scale.level(60_000) == afterMinute)
        #expect(scale.level(3_600_000) == ceiling)
        #expect(scale.scale.nextRise == nil)
    }

    @Test("The way up is smooth: one batch each 200 milliseconds, whatever steps the time takes")
    func smooth() {
        let scale = busy(.automatic)
        let one = busy(.automatic)
        for time in stride(from: Int64(7), through: 10_000, by: 7) {
            #expect(scale.level(time) == 5 + Int(time / 200))
        }
        #expect(one.level(9_996) == scale.scale.level)
    }

    @Test("Without a backlog it stays, and what nobody used for a minute is taken back")
    func quiet() {
        let scale = busy(.automatic)
        #expect(scale.level(50_000) == 255)
        scale.scale.note(occupied: 100, hasBacklog: false, now: at(50_000))
        #expect(scale.level(59_000) == 255)
        // The first minute knew 255 batches, the second 100.
        #expect(scale.level(119_000) <= 255)
        #expect(scale.level(120_000) == 100)
        scale.scale.note(occupied: 0, hasBacklog: false, now: at(120_000))
        #expect(scale.level(400_000) == 5)
    }

    @Test("After five idle minutes two pollers are left, but not with a maximum concurrency")
    func idle() {
        let scale = Subject(.automatic)
        let limited = Subject(.limited(maximumConcurrency: 50))
        #expect(scale.level(299_999) == 5)
        #expect(scale.level(300_000) == 2)
        #expect(limited.level(300_000) == 5)
        scale.scale.note(occupied: 2, hasBacklog: true, now: at(400_000))
        #expect(scale.level(400_600) == 5)
    }

    @Test("After a throttle on the way up it goes on from half, a second later")
    func throttledOnTheWay() {
        let scale = busy(.automatic)
        #expect(scale.level(19_000) == 100)
        #expect(scale.reduce(19_000))
        #expect(scale.level(20_000) == 50)
        #expect(scale.level(21_000) == 55)
    }

    @Test("Other settings are taken over from where it is")
    func adopt() {
        let scale = busy(.automatic)
        scale.scale.advance(to: at(59_000))
        scale.scale.adopt(.limited(maximumConcurrency: 40), now: at(59_000))
        #expect(scale.scale.level == 40)
        scale.scale.adopt(.limited(maximumConcurrency: 2), now: at(59_000))
        #expect(scale.scale.level == 2)
        scale.scale.adopt(.provisioned(minimumPollers: 3, maximumPollers: 3), now: at(59_000))
        #expect(scale.scale.level == 30)
        scale.scale.adopt(.automatic, now: at(59_000))
        #expect(scale.scale.level == 30)
    }

    @Test("A poller is needed for each ten batches, the least ones are always there")
    func pollers() {
        let scaling = PollerScaling.provisioned(minimumPollers: 2, maximumPollers: 5)
        #expect([1, 20, 21, 50].map { scaling.pollers(at: $0) } == [2, 2, 3, 5])
        #expect(PollerScaling.automatic.pollers(at: 50) == nil)
    }
}
