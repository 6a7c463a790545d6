import ByteCoding
import Testing

extension EndToEnd {
    @Suite("The life of a mapping")
    struct MappingLifecycleTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            One: {Type: AWS::Serverless::Function, Properties: {FunctionName: one}}
            Two: {Type: AWS::Serverless::Function, Properties: {FunctionName: two}}
            Three: {Type: AWS::Serverless::Function, Properties: {FunctionName: three}}
            """
        private static let stream: JSONValue = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"

        private static func begin() throws -> (TestWorld, DaemonUnderTest, AWSCaller) {
            let world = try TestWorld()
            try world.writeTemplate(resources)
            let daemon = try world.start()
            return (world, daemon, try daemon.caller())
        }

        @Test("Mappings that are created together are all enabled, and none waits for another")
        func together() throws {
            let world = try TestWorld()
            let resources = (0..<6).map { index in
                """
                Stream\(index): {Type: AWS::Kinesis::Stream, Properties: {Name: s\(index), ShardCount: 2}}
                Worker\(index):
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker-\(index)
                    Events:
                      In:
                        Type: Kinesis
                        Properties: {Stream: !GetAtt Stream\(index).Arn, StartingPosition: LATEST}
                """
            }
            try world.writeTemplate(resources.joined(separator: "\n"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try Waiting.until("six mappings to be enabled", detail: { daemon.log.suffix(2_000).description })
            {
                try caller.mappings().count { $0["State"]?.stringValue == "Enabled" } == 6
            }
            try daemon.expectGracefulEnd()
        }

        private static func create(
            _ caller: AWSCaller, _ function: String, _ position: String, at seconds: String? = nil
        ) throws -> String {
            var members: [(String, JSONValue)] = [
                ("FunctionName", .string(function)), ("EventSourceArn", stream),
                ("StartingPosition", .string(position)),
            ]
            if let seconds { members.append(("StartingPositionTimestamp", .number(seconds))) }
            let created = try caller.createMapping(.object(JSONObject(members)))
            #expect(created["State"]?.stringValue == "Creating")
            let id = try #require(created["UUID"]?.stringValue)
            try caller.awaitState("Enabled", of: id)
            return id
        }

        private static func update(
            _ caller: AWSCaller, _ id: String, _ change: JSONValue, leadsTo states: String...
        ) throws {
            let answer = try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", change)
            #expect(answer.status == 202)
            #expect(answer.body["State"]?.stringValue == states.first)
            if let last = states.last { try caller.awaitState(last, of: id) }
        }

        @Test("It can be switched off and on where it was, changed, and deleted")
        func lifecycle() throws {
            let (world, daemon, caller) = try Self.begin()
            let id = try Self.create(caller, "one", "TRIM_HORIZON")
            // Handles the same records all the time, so that its progress shows what the first one left out.
            _ = try Self.create(caller, "two", "TRIM_HORIZON")
            try caller.putRecords(["a1", "a2"], to: "clicks")
            try world.awaitHandled(2, by: "one", log: daemon.log)
            let numbers = try caller.records(of: "clicks").map(\.sequenceNumber)
            try Waiting.until("the checkpoint to follow") {
                try caller.checkpoints(of: id)["shardId-000000000000"] == numbers[1]
            }

            try Self.update(caller, id, ["Enabled": false], leadsTo: "Disabling", "Disabled")
            try caller.putRecords(["b1", "b2", "b3"], to: "clicks")
            try world.awaitHandled(5, by: "two", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "one") == ["a1", "a2"])

            try Self.update(caller, id, ["Enabled": true], leadsTo: "Enabling", "Enabled")
            try world.awaitHandled(5, by: "one", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "one") == ["a1", "a2", "b1", "b2", "b3"])

            try Self.update(caller, id, ["BatchSize": 2], leadsTo: "Updating", "Enabled")
            try caller.putRecords(["c1", "c2", "c3", "c4", "c5"], to: "clicks")
            try world.awaitHandled(10, by: "one", log: daemon.log)
            #expect(
                world.ledger.attempts(of: "one").suffix(3).map(\.texts) == [
                    ["c1", "c2"], ["c3", "c4"], ["c5"],
                ])
            try Self.expectDeletion(of: id, world, daemon, caller)
        }

        private static func expectDeletion(
            of id: String, _ world: TestWorld, _ daemon: DaemonUnderTest, _ caller: AWSCaller
        ) throws {
            let path = "\(AWSCaller.mappingsPath)/\(id)"
            let answer = try caller.rest("DELETE", path)
            #expect(answer.status == 202)
            #expect(answer.body["State"]?.stringValue == "Deleting")
            try Waiting.until("the mapping to be gone") { try caller.rest("GET", path).status == 404 }
            try caller.putRecords(["d1"], to: "clicks")
            try world.awaitHandled(11, by: "two", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "one").count == 10)
            #expect(try caller.rest("GET", "/_millrace/lag?mapping=\(id)").status == 404)
        }

        @Test("Where it begins is what was asked for")
        func startingPositions() throws {
            let (world, daemon, caller) = try Self.begin()
            try caller.putRecords(["old1", "old2"], to: "clicks")
            Waiting.untilNextMillisecond()
            try caller.putRecords(["middle1", "middle2"], to: "clicks")
            let middle = try #require(try caller.records(of: "clicks").first { $0.text == "middle1" })
            let moment =
                "\(middle.arrivalMilliseconds / 1_000).\(String(middle.arrivalMilliseconds % 1_000 + 1_000).dropFirst())"
            Waiting.untilNextMillisecond()
            _ = try Self.create(caller, "one", "TRIM_HORIZON")
            _ = try Self.create(caller, "two", "LATEST")
            _ = try Self.create(caller, "three", "AT_TIMESTAMP", at: moment)
            try caller.putRecords(["new1", "new2"], to: "clicks")
            try world.awaitHandled(6, by: "one", log: daemon.log)
            try world.awaitHandled(2, by: "two", log: daemon.log)
            try world.awaitHandled(4, by: "three", log: daemon.log)
            let ledger = world.ledger
            #expect(
                ledger.texts(handledBy: "one") == ["old1", "old2", "middle1", "middle2", "new1", "new2"])
            #expect(ledger.texts(handledBy: "two") == ["new1", "new2"])
            #expect(ledger.texts(handledBy: "three") == ["middle1", "middle2", "new1", "new2"])
        }

        @Test("Created disabled, it begins where it was asked to when it is enabled")
        func createdDisabled() throws {
            let (world, daemon, caller) = try Self.begin()
            try caller.putRecords(["old1", "old2"], to: "clicks")
            let created = try caller.createMapping([
                "FunctionName": "one", "EventSourceArn": Self.stream, "StartingPosition": "LATEST",
                "Enabled": false,
            ])
            let id = try #require(created["UUID"]?.stringValue)
            try caller.awaitState("Disabled", of: id)
            try Self.update(caller, id, ["Enabled": true], leadsTo: "Enabling", "Enabled")
            try caller.putRecords(["new1"], to: "clicks")
            try world.awaitHandled(1, by: "one", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "one") == ["new1"])
        }

        @Test("It goes on where it was after a restart, whatever its starting position")
        func restart() throws {
            let (world, daemon, caller) = try Self.begin()
            _ = try Self.create(caller, "one", "TRIM_HORIZON")
            _ = try Self.create(caller, "two", "LATEST")
            try caller.putRecords(["a1", "a2"], to: "clicks")
            for function in ["one", "two"] { try world.awaitHandled(2, by: function, log: daemon.log) }
            try daemon.expectGracefulEnd()
            let next = try world.start(template: false)
            try next.caller().putRecords(["b1"], to: "clicks")
            for function in ["one", "two"] {
                try world.awaitHandled(3, by: function, log: next.log)
                #expect(world.ledger.texts(handledBy: function) == ["a1", "a2", "b1"])
            }
        }
    }
}
