import EventModel
import Testing

@testable import SQSService  // The pace is the service's own.

@Suite("The pace of a move task")
struct MovePaceTests {
    private static func moment(_ milliseconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: 1_720_000_000_000 + milliseconds)
    }

    /// Moves as much as is allowed whenever asked, and tells when.
    private static func run(
        perSecond: Int, everyMilliseconds step: Int64, for length: Int64
    ) -> [(at: Int64, count: Int)] {
        var pace = MovePace(perSecond: perSecond)
        var moved: [(at: Int64, count: Int)] = []
        for milliseconds in stride(from: 0, through: length, by: Int(step)) {
            let now = moment(Int64(milliseconds))
            let allowance = pace.allowance(at: now)
            guard allowance > 0 else { continue }
            pace.spend(allowance, at: now)
            moved.append((Int64(milliseconds), allowance))
        }
        return moved
    }

    @Test("No second sees more than the limit", arguments: [1, 2, 3, 7, 10, 15, 99, 100, 333, 500])
    func strict(perSecond: Int) {
        for step in [1, 7, 100] as [Int64] {
            let moved = Self.run(perSecond: perSecond, everyMilliseconds: step, for: 5_000)
            for first in moved {
                let inSecond = moved.filter { $0.at >= first.at && $0.at < first.at + 1_000 }
                #expect(inSecond.reduce(0) { $0 + $1.count } <= perSecond)
            }
        }
    }

    @Test("Nearly the limit is used", arguments: [1, 2, 5, 10, 100, 500])
    func used(perSecond: Int) {
        let moved = Self.run(perSecond: perSecond, everyMilliseconds: 1, for: 9_999)
        #expect(moved.reduce(0) { $0 + $1.count } >= perSecond * 9)
    }

    @Test("The next allowance comes when it was said to come", arguments: [1, 3, 15, 500])
    func next(perSecond: Int) {
        var pace = MovePace(perSecond: perSecond)
        var now = Self.moment(0)
        for _ in 0..<50 {
            #expect(pace.next(at: now) == now)
            let allowance = pace.allowance(at: now)
            #expect(allowance > 0)
            pace.spend(allowance, at: now)
            let next = pace.next(at: now)
            #expect(next > now)
            #expect(
                pace.allowance(at: Timestamp(millisecondsSinceEpoch: next.millisecondsSinceEpoch - 1)) == 0)
            now = next
        }
    }

    @Test("A clock that is set back does not stop a task")
    func clockSetBack() {
        var pace = MovePace(perSecond: 1)
        pace.spend(1, at: Self.moment(3_600_000))
        #expect(pace.allowance(at: Self.moment(0)) == 1)
    }
}
