import ByteCoding
import Synchronization
import Testing

extension EndToEnd {
    /// Clients create functions all the time, each with code of its own, while the daemon is killed again and again.
    @Suite("Functions of a daemon that is killed")
    struct FunctionCrashTests {
        /// A zip file whose `app.py` appends the function's name to the file `OUT`.
        private static let archive =
            "UEsDBBQAAAAAAAAAIViGXDsFhwAAAIcAAAAGAAAAYXBwLnB5aW1wb3J0IG9zCgoKZGVmIGhhbmRsZXIoZXZlbnQs"
            + "IGNvbnRleHQpOgogICAgd2l0aCBvcGVuKG9zLmVudmlyb25bIk9VVCJdLCAiYSIpIGFzIG91dDoKICAgICAgICBv"
            + "dXQud3JpdGUoY29udGV4dC5mdW5jdGlvbl9uYW1lICsgIlxuIikKUEsBAhQDFAAAAAAAAAAhWIZcOwWHAAAAhwAA"
            + "AAYAAAAAAAAAAAAAAKSBAAAAAGFwcC5weVBLBQYAAAAAAQABADQAAACrAAAAAAA="

        /// Zip files may end with a comment: the same code with another digest.
        private static func archive(_ comment: String) throws -> String {
            var bytes = try #require(Base64.decode(archive))
            let text = Array(comment.utf8)
            bytes.replaceSubrange(bytes.count - 2..<bytes.count, with: [UInt8(text.count), 0])
            return Base64.encode(bytes + text)
        }

        private static func create(_ name: String, out: String, _ caller: AWSCaller) throws -> String {
            let answer = try caller.rest(
                "POST", "/2015-03-31/functions",
                [
                    "FunctionName": .string(name), "Runtime": "python3.12", "Handler": "app.handler",
                    "Role": "arn:aws:iam::000000000000:role/r",
                    "Code": ["ZipFile": .string(try archive(name))],
                    "Environment": ["Variables": ["OUT": .string(out)]],
                ])
            guard answer.status == 201, let digest = answer.body["CodeSha256"]?.stringValue else {
                throw HarnessError("\(name) was answered \(answer.status): \(answer.body.text)")
            }
            return digest
        }

        @Test("What was acknowledged is there with its code and runs; nothing else is left on the disk")
        func kills() throws {
            let world = try TestWorld()
            let out = world.folder.path + "/out"
            let acknowledged = Mutex<[String: String]>([:])
            for round in 0..<5 {
                let daemon = try world.start(template: false)
                let address = daemon.address
                let before = acknowledged.withLock { $0.count }
                let client = try BackgroundThread {
                    let caller = try AWSCaller(address: address, timeout: .seconds(60))
                    for number in 0..<1_000 {
                        let name = "f-\(round)-\(number)"
                        let digest: String
                        // The kill ends the client's connection, and that its work.
                        do { digest = try Self.create(name, out: out, caller) } catch { return }
                        acknowledged.withLock { $0[name] = digest }
                    }
                }
                try Waiting.until("some functions to be made") {
                    acknowledged.withLock { $0.count } >= before + 3 + round
                }
                try daemon.kill()
                try client.join()
            }
            let daemon = try world.start(template: false)
            let caller = try daemon.caller()
            for (name, digest) in acknowledged.withLock({ $0 }) {
                let found = try caller.page("/2015-03-31/functions/\(name)/configuration")
                #expect(found["CodeSha256"]?.stringValue == digest)
            }
            try expectTidy(world, caller)
            let name = try #require(acknowledged.withLock { $0.keys.sorted().last })
            try caller.call("AmazonSQS.CreateQueue", ["QueueName": "go"])
            let mapping = try caller.createMapping([
                "FunctionName": .string(name), "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:go",
            ])
            try caller.awaitState("Enabled", of: try #require(mapping["UUID"]?.stringValue))
            try caller.sendMessage("x", to: "go")
            try Waiting.until("\(name) to run", detail: { daemon.log.suffix(2_000).description }) {
                Files.text(out) == "\(name)\n"
            }
            try daemon.expectGracefulEnd()
        }

        /// The folder of code holds two entries for each function, acknowledged or not, once the start has swept.
        private func expectTidy(_ world: TestWorld, _ caller: AWSCaller) throws {
            var expected: Set<String> = []
            var marker = ""
            repeat {
                let page = try caller.page("/2015-03-31/functions?Marker=\(marker)")
                for function in page["Functions"]?.arrayValue ?? [] {
                    let digest = try #require(
                        function["CodeSha256"]?.stringValue.flatMap { Base64.decode($0) })
                    expected.formUnion([Hex.encode(digest), Hex.encode(digest) + ".zip"])
                }
                marker = page["NextMarker"]?.stringValue?.replacing("=", with: "%3D") ?? ""
            } while !marker.isEmpty
            let folder = world.dataPath + "/functions"
            try Waiting.until(
                "the folder of code to be tidy",
                detail: { "\(Set(Files.names(in: folder)).symmetricDifference(expected))" }
            ) {
                Set(Files.names(in: folder)) == expected
            }
            for entry in expected where !entry.hasSuffix(".zip") {
                #expect(Files.text("\(folder)/\(entry)/app.py").hasPrefix("import os"))
            }
        }
    }
}
