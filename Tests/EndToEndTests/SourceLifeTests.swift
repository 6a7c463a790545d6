import ByteCoding
import Glibc
import Synchronization
import Testing

extension EndToEnd {
    @Suite("Sources that go and come back, and mappings that change under load")
    struct SourceLifeTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 2}}
            Worker: {Type: AWS::Serverless::Function, Properties: {FunctionName: worker}}
            """
        private static let source: JSONValue = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"

        private static func create(_ caller: AWSCaller, _ position: String) throws -> String {
            let created = try caller.createMapping([
                "FunctionName": "worker", "EventSourceArn": source, "StartingPosition": .string(position),
                "BatchSize": 3,
            ])
            let id = try #require(created["UUID"]?.stringValue)
            try caller.awaitState("Enabled", of: id)
            return id
        }

        private static func waitsFor(_ caller: AWSCaller, _ id: String) throws -> String {
            let all = try caller.page("/_millrace/lag?mapping=\(id)")["mappings"]?.arrayValue
            return all?.first?["waitsFor"]?.stringValue ?? ""
        }

        private static func change(_ caller: AWSCaller, _ id: String, _ change: JSONValue, to state: String)
            throws
        {
            let answer = try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", change)
            guard answer.status == 202 else { throw HarnessError("\(answer.status): \(answer.body.text)") }
            try caller.awaitState(state, of: id)
        }

        private static func isGone(_ caller: AWSCaller) throws {
            try caller.call("Kinesis_20131202.DeleteStream", ["StreamName": "clicks"])
        }

        private static func comesBack(_ caller: AWSCaller, shards: Int) throws {
            try caller.call(
                "Kinesis_20131202.CreateStream",
                ["StreamName": "clicks", "ShardCount": .number("\(shards)")])
        }

        @Test(
            "A mapping tells that its stream is gone, and reads one that comes in its place from the beginning"
        )
        func recreated() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.putRecords(["before"], to: "clicks")
            let id = try Self.create(caller, "LATEST")
            try caller.putRecords(["a1", "a2"], to: "clicks")
            try world.awaitHandled(2, by: "worker", log: daemon.log)
            try Self.isGone(caller)
            try Waiting.until("the mapping to say so") {
                try Self.waitsFor(caller, id) == "the stream to exist"
            }
            #expect(
                try caller.page("\(AWSCaller.mappingsPath)/\(id)")["State"]?.stringValue == "Enabled")
            try Self.comesBack(caller, shards: 1)
            try caller.putRecords(["b1"], to: "clicks")
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker") == ["a1", "a2", "b1"])

            // Switched off while the next one comes: what it holds then was not seen by anybody.
            try Self.change(caller, id, ["Enabled": false], to: "Disabled")
            try Self.isGone(caller)
            try Self.comesBack(caller, shards: 1)
            try caller.putRecords(["c1"], to: "clicks")
            try Self.change(caller, id, ["Enabled": true], to: "Enabled")
            try world.awaitHandled(4, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker").last == "c1")
        }

        @Test("A stream that is replaced between two looks is read anew, whatever the old one's places were")
        func replacedAtOnce() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            _ = try Self.create(caller, "TRIM_HORIZON")
            for round in 1...5 {
                let texts = (0..<3).map { "\(round) \($0)" }
                try caller.putRecords(texts, to: "clicks")
                try world.awaitHandled(3 * round, by: "worker", log: daemon.log)
                try Self.isGone(caller)
                try Self.comesBack(caller, shards: round)
            }
            let all = world.ledger.texts(handledBy: "worker")
            #expect(all == (1...5).flatMap { round in (0..<3).map { "\(round) \($0)" } })
        }

        @Test("Switched off and on and changed under load, a mapping delivers each record once and in order")
        func underLoad() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try Self.create(caller, "TRIM_HORIZON")
            let feeder = Feeder()
            try feeder.run(daemon) {
                for round in 0..<6 {
                    try Self.change(caller, id, ["Enabled": false], to: "Disabled")
                    try Self.change(
                        caller, id,
                        [
                            "Enabled": true, "BatchSize": .number("\(1 + 3 * round)"),
                            "ParallelizationFactor": .number("\(1 + round % 3)"),
                        ], to: "Enabled")
                    usleep(50_000)
                }
            }
            let count = feeder.sent
            try world.awaitHandled(count, by: "worker", log: daemon.log)
            let all = world.ledger.texts(handledBy: "worker")
            #expect(all.count == count && Set(all).count == count)
            for (key, texts) in Dictionary(grouping: all, by: { $0.prefix { $0 != " " } }) {
                let numbers = texts.compactMap { Int($0.split(separator: " ").last ?? "") }
                #expect(numbers == numbers.sorted(), "\(key)")
            }
        }

        @Test("Deleted under load, a mapping ends what it has in hand and then delivers nothing more")
        func deletedUnderLoad() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try Self.create(caller, "TRIM_HORIZON")
            let feeder = Feeder()
            var after = 0
            try feeder.run(daemon) {
                try world.awaitHandled(50, by: "worker", log: daemon.log)
                let path = "\(AWSCaller.mappingsPath)/\(id)"
                #expect(try caller.rest("DELETE", path).status == 202)
                try Waiting.until("the mapping to be gone") { try caller.rest("GET", path).status == 404 }
                after = world.ledger.handled(by: "worker").count
                let before = feeder.sent
                try Waiting.until("more records") { feeder.sent > before + 50 }
            }
            let all = world.ledger.texts(handledBy: "worker")
            #expect(all.count == after && Set(all).count == after)
        }
    }
}

/// Writes records of a few keys, each counting upwards, until it is told to stop.
private final class Feeder: Sendable {
    private static let keys = 4
    private let isOver = Mutex(false)
    private let count = Mutex(0)

    var sent: Int { count.withLock { $0 } }

    /// Runs a body while records come in.
    func run(_ daemon: DaemonUnderTest, _ body: () throws -> Void) throws {
        let address = daemon.address
        let thread = try BackgroundThread { [self] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            var number = 0
            while !isOver.withLock({ $0 }) {
                number += 1
                try caller.putRecords(
                    (0..<Self.keys).map { (key: "key-\($0)", text: "key-\($0) \(number)") }, to: "clicks")
                count.withLock { $0 += Self.keys }
                usleep(2_000)
            }
        }
        let result = Result { try body() }
        isOver.withLock { $0 = true }
        try thread.join()
        try result.get()
    }
}
