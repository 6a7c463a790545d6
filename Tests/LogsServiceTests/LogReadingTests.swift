import ByteCoding
import EventModel
import EventStore
import Testing
import WireTesting

@Suite("Reading log events")
struct LogReadingTests {
    private static let now: Int64 = 1_720_000_000_123

    /// A group with a stream of `count` events, one a second up to now.
    private static func world(_ count: Int, stream: String = "s") throws -> LogsWorld {
        let world = try LogsWorld()
        try world.call("CreateLogGroup", ["logGroupName": "g"])
        try Self.put(count, to: stream, world)
        return world
    }

    private static func put(_ count: Int, to stream: String, _ world: LogsWorld) throws {
        try world.call("CreateLogStream", ["logGroupName": "g", "logStreamName": .string(stream)])
        let events: [JSONValue] = (0..<count).map { index in
            let at = Self.now - Int64(count - index) * 1_000
            return ["timestamp": .number(String(at)), "message": .string("\(stream)\(index)")]
        }
        try world.call(
            "PutLogEvents",
            ["logGroupName": "g", "logStreamName": .string(stream), "logEvents": .array(events)])
    }

    private static func messages(_ answer: JSONValue) -> [String] {
        (answer["events"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
    }

    private static func get(_ world: LogsWorld, _ more: [(String, JSONValue)]) throws -> JSONValue {
        var body = JSONObject([("logGroupName", "g"), ("logStreamName", "s"), ("limit", 3)])
        for (name, value) in more { body[name] = value }
        return try world.call("GetLogEvents", .object(body))
    }

    @Test("Forward tokens lead from the head to the end and stay there until more comes")
    func forward() throws {
        let world = try Self.world(7)
        var answer = try Self.get(world, [("startFromHead", true)])
        var pages = [Self.messages(answer)]
        for _ in 0..<3 {
            answer = try Self.get(world, [("nextToken", answer["nextForwardToken"] ?? .null)])
            pages.append(Self.messages(answer))
        }
        #expect(pages == [["s0", "s1", "s2"], ["s3", "s4", "s5"], ["s6"], []])
        let token = answer["nextForwardToken"] ?? .null
        #expect(try Self.get(world, [("nextToken", token)])["nextForwardToken"] == token)
        let event: JSONValue = ["timestamp": .number(String(Self.now)), "message": "late"]
        try world.call(
            "PutLogEvents", ["logGroupName": "g", "logStreamName": "s", "logEvents": .array([event])])
        #expect(try Self.messages(Self.get(world, [("nextToken", token)])) == ["late"])
    }

    @Test("Without startFromHead the newest come, and backward tokens lead to the head and stay there")
    func backward() throws {
        let world = try Self.world(7)
        var answer = try Self.get(world, [])
        var pages = [Self.messages(answer)]
        for _ in 0..<3 {
            answer = try Self.get(world, [("nextToken", answer["nextBackwardToken"] ?? .null)])
            pages.append(Self.messages(answer))
        }
        #expect(pages == [["s4", "s5", "s6"], ["s1", "s2", "s3"], ["s0"], []])
        let token = answer["nextBackwardToken"] ?? .null
        #expect(try Self.get(world, [("nextToken", token)])["nextBackwardToken"] == token)
        // And back again, without a gap.
        #expect(
            try Self.messages(Self.get(world, [("nextToken", answer["nextForwardToken"] ?? .null)]))
                == ["s0", "s1", "s2"])
    }

    @Test("Pages of a filter cover streams in the order of time, each event once")
    func filter() throws {
        let world = try Self.world(5, stream: "a")
        try Self.put(5, to: "b", world)
        var found: [String] = []
        var token: JSONValue = .null
        repeat {
            let answer = try world.call(
                "FilterLogEvents", ["logGroupName": "g", "limit": 3, "nextToken": token])
            found += Self.messages(answer)
            token = answer["nextToken"] ?? .null
        } while !token.isNull
        #expect(found == (0..<5).flatMap { ["a\($0)", "b\($0)"] })
    }

    @Test("Retention hides at once and removes in the background, with silent streams")
    func retention() throws {
        let world = try Self.world(4)
        world.wire.clock.advance(by: .seconds(86_400 - 2))
        try world.call("PutRetentionPolicy", ["logGroupName": "g", "retentionInDays": 1])
        #expect(try Self.messages(Self.get(world, [("startFromHead", true)])) == ["s2", "s3"])
        try world.sweep()
        try world.call("DeleteRetentionPolicy", ["logGroupName": "g"])
        #expect(try Self.messages(Self.get(world, [("startFromHead", true)])) == ["s2", "s3"])
        let described = try world.call("DescribeLogGroups", [:])
        #expect(described["logGroups"]?.arrayValue?.first?["storedBytes"]?.intValue == 2 * 28)

        try world.call("PutRetentionPolicy", ["logGroupName": "g", "retentionInDays": 1])
        world.wire.clock.advance(by: .seconds(86_400))
        try world.sweep()
        #expect(
            try world.call("DescribeLogStreams", ["logGroupName": "g"])["logStreams"]?.arrayValue?.isEmpty
                == true)
    }

    @Test("A group that is too large loses its oldest events, and streams that have none left")
    func bound() throws {
        let world = try Self.world(1_500, stream: "old")
        world.wire.clock.advance(by: .seconds(1))
        try world.call("CreateLogStream", ["logGroupName": "g", "logStreamName": "s"])
        let events: [JSONValue] = (0..<1_500).map {
            ["timestamp": .number(String(Self.now + $0)), "message": "s"]
        }
        try world.call(
            "PutLogEvents", ["logGroupName": "g", "logStreamName": "s", "logEvents": .array(events)])
        world.wire.clock.advance(by: .seconds(10))
        try world.sweep(groupBytes: 20_000)
        let answer = try world.call("FilterLogEvents", ["logGroupName": "g"])
        let left = Self.messages(answer)
        #expect((1...1_000).contains(left.count) && left.allSatisfy { $0 == "s" }, "\(left.count)")
        let streams = try world.call("DescribeLogStreams", ["logGroupName": "g"])["logStreams"]
        #expect(streams?.arrayValue?.compactMap { $0["logStreamName"]?.stringValue } == ["s"])
    }

    @Test("What was deleted is gone at once, and another of its name is empty")
    func deletion() throws {
        let world = try Self.world(3)
        try Self.put(3, to: "t", world)
        try world.call("DeleteLogStream", ["logGroupName": "g", "logStreamName": "s"])
        #expect(
            try Self.messages(world.call("FilterLogEvents", ["logGroupName": "g"])) == ["t0", "t1", "t2"])
        try world.call("DeleteLogGroup", ["logGroupName": "g"])
        try world.call("CreateLogGroup", ["logGroupName": "g"])
        try world.call("CreateLogStream", ["logGroupName": "g", "logStreamName": "t"])
        #expect(try Self.messages(world.call("FilterLogEvents", ["logGroupName": "g"])).isEmpty)
        try world.sweep()
        let rows = try world.wire.store.makeReader().logGroup(named: "g", in: Location())
        #expect(rows?.storedBytes == 0)
    }
}
