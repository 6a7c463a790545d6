import EventModel
import Foundation
import Glibc
import RuntimeAPI
import Testing

@Suite("What a host leaves behind")
struct LeakTests {
    @Test("Neither descriptors nor processes, after good and bad endings", .timeLimit(.minutes(2)))
    func nothing() async {
        // In a process of its own, where nobody else opens anything.
        await #expect(processExitsWith: .success) {
            // The first world warms up what lives as long as the process.
            try await LeakTests.useWorld()
            let before = LeakTests.openDescriptors()
            for _ in 0..<3 { try await LeakTests.useWorld() }
            #expect(LeakTests.openDescriptors() == before)
            var status: Int32 = 0
            #expect(waitpid(-1, &status, WNOHANG) == -1, "no child is left, dead or alive")
        }
    }

    @Test("No handler, not even a busy one, when the daemon is killed", .timeLimit(.minutes(1)))
    func killed() async throws {
        let file = "/tmp/millrace-orphan-\(UUID().uuidString)"
        await #expect(processExitsWith: .signal(SIGKILL)) { [file = file as String] in
            let world = try HostWorld()
            let script =
                "#!/bin/sh\necho \"SELF $$\"\necho \"API $AWS_LAMBDA_RUNTIME_API\"\nexec sleep 1000\n"
            try await world.define("f", bootstrap: script)
            let waiting = Task { await world.invoke("f") }
            let runtime = try RawRuntime(await world.log.first("API "))
            _ = try await runtime.next()
            let facts = "\(await world.log.first("SELF ")) \(world.folder)"
            try facts.write(toFile: file, atomically: true, encoding: .utf8)
            kill(getpid(), SIGKILL)
            _ = await waiting.value
        }
        let facts = try String(contentsOfFile: file, encoding: .utf8).split(separator: " ")
        try FileManager.default.removeItem(atPath: file)
        let process = try #require(facts.first.flatMap { Int32($0) })
        // The kernel kills it when it gets to it; the time limit says that it must.
        while !processIsGone(process) { await Task.yield() }
        try FileManager.default.removeItem(atPath: String(facts[1]))
    }

    private static func useWorld() async throws {
        try await HostWorld.use { world in
            try await world.define("exits", bootstrap: "#!/bin/sh\nsleep 1000 &\nexit 1\n")
            try await world.define("hangs", bootstrap: RawRuntime.bootstrap, timeout: 1)
            try await world.define("nowhere", bootstrap: "#!/no/such/interpreter\n")
            await world.define("command", .command(["sh", "-c", "cat; exit 1"], workingDirectory: "/"))
            await world.define("missing", .command(["no-such-command"], workingDirectory: "/"))
            await world.define("slow", .command(["sleep", "1000"], workingDirectory: "/"), 1)
            let hanging = Task { await world.invoke("hangs") }
            let runtime = try RawRuntime(await world.log.first("API "))
            #expect(try await runtime.next().status == 200)
            for name in ["exits", "nowhere", "command", "missing", "slow", "exits"] {
                guard case .functionError = await world.invoke(name).outcome else {
                    Issue.record("\(name) fails")
                    continue
                }
            }
            _ = await hanging.value
        }
    }

    private static func openDescriptors() -> Int {
        (0..<4_096).count { fcntl($0, F_GETFD) != -1 }
    }
}
