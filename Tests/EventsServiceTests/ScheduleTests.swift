import ByteCoding
import EventModel
import EventStore
import Foundation
import Testing
import WireTesting

@Suite("Scheduled rules")
struct ScheduleTests {
    private let world: EventsWorld

    init() throws { world = try EventsWorld() }

    private func makeRule(_ schedule: String, state: String = "ENABLED") throws {
        try world.call(
            "PutRule",
            ["Name": "tick", "ScheduleExpression": .string(schedule), "State": .string(state)])
        try world.call(
            "PutTargets", ["Rule": "tick", "Targets": [["Id": "t", "Arn": .string(EventsWorld.queue)]]])
    }

    private func fire() throws -> Int {
        try world.wire.store.perform { writer throws(StoreError) in
            try writer.fireEventSchedules(limit: 10)
        }
    }

    private func advance(_ seconds: Int) { world.wire.clock.advance(by: .seconds(seconds)) }

    /// The world begins at 2024-07-03T09:46:40.123Z.
    @Test("A rule fires at its time, once, with AWS's event")
    func event() throws {
        try makeRule("cron(50 9 * * ? *)")
        advance(199)
        #expect(try fire() == 0)
        advance(1)
        #expect(try fire() == 1)
        #expect(try fire() == 0)
        let bodies = try world.messages().map(\.body)
        #expect(bodies.count == 1)
        let event = try JSONValue(parsing: Array((bodies.first ?? "").utf8))
        #expect(event["detail-type"] == "Scheduled Event")
        #expect(event["source"] == "aws.events")
        #expect(event["time"] == "2024-07-03T09:50:00Z")
        #expect(event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/tick"])
        #expect(event["detail"] == [:])
    }

    @Test("A rate keeps its beat when it fires late, and what was missed meanwhile is not made up")
    func rate() throws {
        try makeRule("rate(5 minutes)")
        advance(310)
        #expect(try fire() == 1)
        advance(289)
        #expect(try fire() == 0)
        advance(1)
        #expect(try fire() == 1)
        advance(3_000)
        #expect(try fire() == 1)
        #expect(try fire() == 0)
        let times = try world.messages().map { try JSONValue(parsing: Array($0.body.utf8))["time"] }
        #expect(times == ["2024-07-03T09:51:40Z", "2024-07-03T09:56:40Z", "2024-07-03T10:01:40Z"])
    }

    @Test("A rule that is changed otherwise keeps its beat; one with another schedule begins anew")
    func beat() throws {
        try makeRule("rate(5 minutes)")
        advance(200)
        try world.call(
            "PutRule", ["Name": "tick", "ScheduleExpression": "rate(5 minutes)", "Description": "new"])
        advance(100)
        #expect(try fire() == 1)
        advance(200)
        try world.call("PutRule", ["Name": "tick", "ScheduleExpression": "rate(4 minutes)"])
        advance(100)
        #expect(try fire() == 0)
        advance(140)
        #expect(try fire() == 1)
    }

    @Test("A rule that is off does not fire, and begins anew when it is switched on")
    func disabled() throws {
        try makeRule("rate(1 minute)", state: "DISABLED")
        advance(300)
        #expect(try fire() == 0)
        try world.call("EnableRule", ["Name": "tick"])
        #expect(try fire() == 0)
        advance(60)
        #expect(try fire() == 1)
    }

    @Test("A start makes up what was missed by less than a minute, and passes over the rest")
    func missed() throws {
        try makeRule("rate(5 minutes)")
        func start() throws {
            try world.wire.store.perform { writer throws(StoreError) in
                try writer.passOverMissedSchedules(olderThan: .seconds(60))
            }
        }
        advance(330)
        try start()
        #expect(try fire() == 1)
        advance(400)
        try start()
        #expect(try fire() == 0)
        advance(170)
        #expect(try fire() == 1)
    }

    @Test("A schedule outlives the daemon, and does not fire twice")
    func restart() throws {
        try makeRule("rate(5 minutes)")
        advance(300)
        #expect(try fire() == 1)
        let copy = world.wire.directory.path + "-copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: world.wire.directory.path, toPath: copy)
        let clock = world.wire.clock
        let store = try EventStore.open(directory: copy, durability: .normal, now: { clock.now })
        let again = { @Sendable (writer: StoreWriter) throws(StoreError) -> Int in
            try writer.fireEventSchedules(limit: 10)
        }
        #expect(try store.perform(again) == 0)
        advance(300)
        #expect(try store.perform(again) == 1)
        try store.close()
    }

    @Test("The clock of the service fires by itself")
    func clock() throws {
        let world = try EventsWorld(firing: true)
        try world.call("PutRule", ["Name": "tick", "ScheduleExpression": "rate(1 minute)"])
        try world.call(
            "PutTargets", ["Rule": "tick", "Targets": [["Id": "t", "Arn": .string(EventsWorld.queue)]]])
        world.wire.clock.advance(by: .seconds(60))
        // A change of a rule wakes the clock, which otherwise looks once a second.
        try world.call("PutRule", ["Name": "other", "ScheduleExpression": "rate(1 day)"])
        let poll = HTTPWait(world)
        #expect(try poll.message() == 1)
    }
}
