import EventModel
import KinesisService
import Testing

@Suite("The pace of a subscription")
struct SubscriptionPaceTests {
    private static let start = Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)

    private func step(
        _ pace: inout SubscriptionPace, at seconds: Double, news: Bool = false, room: Bool = true
    ) -> SubscriptionPace.Step {
        pace.next(hasNews: news, hasRoom: room, now: Self.start + .milliseconds(Int64(seconds * 1_000)))
    }

    @Test("The first event comes at once, the next one after five seconds of silence")
    func idle() {
        var pace = SubscriptionPace(startedAt: Self.start)
        let steps = [0, 0, 1, 4.999, 5, 5, 9, 10.5].map { step(&pace, at: $0) }
        #expect(
            steps == [
                .send, .wait(.seconds(5)), .wait(.seconds(4)), .wait(.milliseconds(1)), .send,
                .wait(.seconds(5)), .wait(.seconds(1)), .send,
            ])
    }

    @Test("Records come at once, and put off the event without records")
    func news() {
        var pace = SubscriptionPace(startedAt: Self.start)
        let steps = [(0.0, true), (0, true), (4, true), (5, false), (9, false)].map {
            step(&pace, at: $0.0, news: $0.1)
        }
        #expect(steps == [.send, .send, .send, .wait(.seconds(4)), .send])
    }

    @Test("A client that does not read gets nothing, and its time runs out all the same")
    func noRoom() {
        var pace = SubscriptionPace(startedAt: Self.start)
        #expect(step(&pace, at: 0) == .send)
        #expect(step(&pace, at: 100, news: true, room: false) == .wait(.seconds(200)))
        #expect(step(&pace, at: 300, news: true, room: false) == .end)
    }

    @Test("It ends after five minutes, whatever is there")
    func end() {
        var pace = SubscriptionPace(startedAt: Self.start)
        var events = 0
        for second in 0..<300 where step(&pace, at: Double(second)) == .send { events += 1 }
        #expect(events == 60)
        #expect(step(&pace, at: 299.9, news: true) == .send)
        #expect(step(&pace, at: 300, news: true) == .end)
    }

    @Test("The last wait ends with the subscription")
    func lastWait() {
        var pace = SubscriptionPace(startedAt: Self.start)
        #expect(step(&pace, at: 298) == .send)
        #expect(step(&pace, at: 298) == .wait(.seconds(2)))
    }

    @Test("A clock that is set back costs at most what it was set back by")
    func clockBack() {
        var pace = SubscriptionPace(startedAt: Self.start)
        #expect(step(&pace, at: 0) == .send)
        #expect(step(&pace, at: 3) == .wait(.seconds(2)))
        #expect(step(&pace, at: -7_200) == .wait(.seconds(2)))
        #expect(step(&pace, at: -7_198) == .send)
        #expect(step(&pace, at: -7_198 + 295) == .end)
    }
}
