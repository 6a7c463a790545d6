import ByteCoding
import Glibc
import Testing

extension EndToEnd {
    @Suite("A start that is refused")
    struct RefusalTests {
        @Test(
            "Flags that mean nothing are named",
            arguments: [
                (["--bogus"], "--bogus"),
                (["--port", "70000"], "--port"),
                (["--port", "many"], "many"),
                (["--durability", "sometimes"], "sometimes"),
                (["--log-level", "loud"], "loud"),
                (["--drain-timeout", "soon"], "soon"),
                (["--access-key", "A"], "--secret-key"),
                (["--data"], "--data"),
                (["somewhere"], "somewhere"),
            ])
        func flags(arguments: [String], word: String) throws {
            let world = try TestWorld()
            let (ending, message) = try world.binary.refusal(arguments)
            #expect(ending == .code(2))
            #expect(message.contains(word), "\(message)")
            #expect(message.hasSuffix("\n"))
        }

        @Test(
            "Listening for others without keys is refused with the reason",
            arguments: [
                "0.0.0.0", "::", "192.0.2.1",
            ])
        func openHost(host: String) throws {
            let world = try TestWorld()
            let (ending, message) = try world.binary.refusal(["--data", world.dataPath, "--host", host])
            #expect(ending == .code(2))
            #expect(message.contains("--access-key"), "\(message)")
            #expect(message.contains(host), "\(message)")
            #expect(access(world.dataPath, F_OK) != 0, "nothing is made by a start that is refused")
        }

        @Test("With keys it listens for others, and unsigned calls are refused")
        func keys() throws {
            let world = try TestWorld()
            let daemon = try world.start(
                template: false, ["--host", "0.0.0.0", "--access-key", "K", "--secret-key", "S"])
            let caller = try AWSCaller(address: "http://127.0.0.1:\(daemon.port)", timeout: .seconds(10))
            let answer = try caller.answer("AmazonSQS.ListQueues", [:])
            #expect(answer.status == 403)
            #expect(try caller.text("/healthz").status == 200)
        }

        @Test("A second daemon does not touch a directory in use")
        func locked() throws {
            let world = try TestWorld()
            try world.writeTemplate("Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}")
            let daemon = try world.start()
            let (ending, message) = try world.binary.refusal(["--data", world.dataPath])
            #expect(ending == .code(1))
            #expect(message.contains("in use"), "\(message)")
            #expect(message.contains(world.dataPath), "\(message)")
            let caller = try daemon.caller()
            try caller.sendMessage("still here", to: "q")
            #expect(try caller.receive(from: "q").count == 1)
            try daemon.kill()
            // A killed daemon leaves no lock behind.
            try world.start().expectGracefulEnd()
        }

        @Test("A port in use is named")
        func port() throws {
            let world = try TestWorld()
            let daemon = try world.start(template: false)
            let (ending, message) = try world.binary.refusal([
                "--data", "\(world.folder.path)/other", "--port", daemon.port,
            ])
            #expect(ending == .code(1))
            #expect(message.contains(daemon.port), "\(message)")
        }

        @Test("A file of a newer version is left alone")
        func newerFile() throws {
            let world = try TestWorld()
            try world.writeTemplate("Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}")
            try world.start().expectGracefulEnd()
            let file = try Self.database(in: world.dataPath)
            let original = Files.bytes(file)
            let version = Array(original[60..<64])
            try Self.setVersion([0, 0, 0x7f, 0xff], of: file)
            let changed = Files.bytes(file)
            let (ending, message) = try world.binary.refusal(["--data", world.dataPath])
            #expect(ending == .code(1))
            #expect(message.contains("newer"), "\(message)")
            #expect(message.contains("32767"), "\(message)")
            #expect(Files.bytes(file) == changed)
            try Self.setVersion(version, of: file)
            let daemon = try world.start(template: false)
            #expect(try daemon.caller().counts(of: "q") == [0, 0, 0])
        }

        @Test("A file that is no database is named and left alone")
        func damaged() throws {
            let world = try TestWorld()
            try world.start(template: false).expectGracefulEnd()
            let file = try Self.database(in: world.dataPath)
            let rubbish = String(repeating: "not a database ", count: 1_000)
            try Files.write(rubbish, to: file)
            let (ending, message) = try world.binary.refusal(["--data", world.dataPath])
            #expect(ending == .code(1))
            #expect(message.contains("damaged"), "\(message)")
            #expect(Files.text(file) == rubbish)
        }

        /// The file with SQLite's header.
        private static func database(in folder: String) throws -> String {
            let paths = Files.names(in: folder).map { "\(folder)/\($0)" }
            let found = paths.first { Files.bytes($0).starts(with: Array("SQLite format 3\u{0}".utf8)) }
            guard let found else { throw HarnessError("no database among \(paths)") }
            return found
        }

        /// `user_version` is four bytes, big-endian, at offset 60 (SQLite's file format, "The database header").
        private static func setVersion(_ version: [UInt8], of path: String) throws {
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            guard pwrite(descriptor, version, 4, 60) == 4 else {
                throw HarnessError("cannot write \(path): \(Files.reason)")
            }
        }
    }
}
