import EventModel
import Glibc
import RuntimeAPI
import Telemetry
import Testing

@Suite("Handlers, good and bad", .timeLimit(.minutes(3)))
struct HandlerZooTests {
    private static let id = "8f507cfc-0000-4000-8000-000000000001"

    private func error(_ type: String, _ message: String) -> String {
        #"Unhandled {"errorType":"\#(type)","errorMessage":"RequestId: \#(Self.id) Error: \#(message)"}"#
    }

    /// One invocation in a world of its own.
    private func run(
        _ bootstrap: String, timeout: Int = 5, _ check: (InvocationResult, HostWorld) async throws -> Void
    ) async throws {
        try await HostWorld.use { world in
            try await world.define("f", bootstrap: bootstrap, timeout: timeout)
            try await check(await world.invoke("f", id: Self.id), world)
        }
    }

    @Test(
        "A runtime that ends during init says how",
        arguments: [
            ("exit 0", "Runtime exited without providing a reason"),
            ("exit 3", "Runtime exited with error: exit status 3"),
            ("kill -9 $$", "Runtime exited with error: signal: killed"),
        ])
    func exitInInit(script: String, message: String) async throws {
        try await run("#!/bin/sh\n\(script)\n") { result, world in
            #expect(result.summary == error("Runtime.ExitError", message))
        }
    }

    @Test(
        "A missing bootstrap, one that is not executable and one without interpreter are invalid entrypoints")
    func invalidEntrypoint() async throws {
        try await HostWorld.use { world in
            let missing = world.folder + "/missing"
            await world.define("missing", .runtime(identifier: "provided", handler: "x", codePath: missing))
            #expect(
                await world.invoke("missing", id: Self.id).summary
                    == error(
                        "Runtime.InvalidEntrypoint",
                        "Couldn't find valid bootstrap(s): [\(missing)/bootstrap]"))
            let plain = world.folder + "/plain"
            try world.write("#!/bin/sh\n", to: plain, "bootstrap", mode: 0o644)
            await world.define("plain", .runtime(identifier: "provided", handler: "x", codePath: plain))
            #expect(
                await world.invoke("plain", id: Self.id).summary
                    == error("Runtime.InvalidEntrypoint", "fork/exec \(plain)/bootstrap: permission denied"))
            try await world.define("nowhere", bootstrap: "#!/no/such/interpreter\n")
            #expect(
                await world.invoke("nowhere", id: Self.id).summary
                    == error(
                        "Runtime.InvalidEntrypoint",
                        "fork/exec \(world.folder)/nowhere/bootstrap: no such file or directory"))
            await world.define("cobol", .runtime(identifier: "cobol85", handler: "x", codePath: missing))
            #expect(
                await world.invoke("cobol", id: Self.id).summary.contains("Runtime cobol85 is not supported"))
        }
    }

    @Test("Python without interpreter is an invalid entrypoint")
    func noPython() async throws {
        try await HostWorld.use({ $0.inheritedEnvironment = ["PATH": "/nowhere"] }) { world in
            try await world.define("f", python: "handler = None")
            #expect(
                await world.invoke("f", id: Self.id).summary
                    == error(
                        "Runtime.InvalidEntrypoint",
                        "Couldn't find python3.99 or python3 in PATH /nowhere; install Python 3 (Debian: python3-minimal)"
                    ))
        }
    }

    @Test("A hanging handler is killed with its whole group")
    func timeout() async throws {
        let child = try await HostWorld.use { world in
            let script =
                "#!/bin/sh\nsleep 1000 &\necho \"CHILD $!\"\necho \"API $AWS_LAMBDA_RUNTIME_API\"\nwait\n"
            try await world.define("f", bootstrap: script, timeout: 1)
            let result = Task { await world.invoke("f", id: Self.id) }
            let runtime = try RawRuntime(await world.log.first("API "))
            #expect(try await runtime.next().status == 200)
            let expected = error("Sandbox.Timedout", "Task timed out after 1.00 seconds")
            #expect(await result.value.summary == expected)
            return try #require(Int32(await world.log.first("CHILD ")))
        }
        #expect(processIsGone(child))
    }

    @Test("What a process leaves behind in its group is killed when it ends")
    func orphans() async throws {
        let child = try await HostWorld.use { world in
            try await world.define("f", bootstrap: "#!/bin/sh\nsleep 1000 &\necho \"CHILD $!\"\nexit 1\n")
            let result = await world.invoke("f", id: Self.id)
            let message = "Runtime exited with error: exit status 1"
            #expect(result.summary == error("Runtime.ExitError", message))
            return try #require(Int32(await world.log.first("CHILD ")))
        }
        #expect(processIsGone(child))
    }

    @Test("A flood of output neither stalls the host nor grows it, and its end is in the tail")
    func flood() async throws {
        try await HostWorld.use { world in
            try await world.define(
                "flood", bootstrap: "#!/bin/sh\nyes flood | head -c 50000000\necho the end\nexit 1\n")
            try await world.define("f", bootstrap: "#!/bin/sh\nexit 2\n")
            async let flooding = world.invoke("flood", id: Self.id)
            #expect(await world.invoke("f", id: Self.id).summary.contains("exit status 2"))
            let result = await flooding
            #expect(result.summary.contains("exit status 1"))
            #expect(result.logTail.count <= 4_096)
            #expect(result.tail.contains("the end\n"))
            #expect(world.log.lines.count < 500_000, "50 MB are ten million lines")
        }
    }

    @Test("Start, end and report surround the output of a failed invocation")
    func logLines() async throws {
        try await run("#!/bin/sh\nprintf 'no line feed'\nexit 1\n") { result, world in
            let lines = result.tail.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.contains("no line feed"))
            #expect(lines.contains("START RequestId: \(Self.id) Version: $LATEST"))
            #expect(lines.contains("END RequestId: \(Self.id)"))
            #expect(lines.contains { $0.hasPrefix("REPORT RequestId: \(Self.id)\tDuration: 0.00 ms\t") })
            #expect(world.log.lines.contains("INIT_START Runtime Version: provided.al2023"))
        }
    }

    @Test("A function that nobody defined, or removed, is unavailable")
    func missing() async throws {
        try await HostWorld.use { world in
            #expect(await world.invoke("f").summary == "unavailable There is no function f.")
            try await world.define("f", bootstrap: "#!/bin/sh\nsleep 1000\n")
            let waiting = Task { await world.invoke("f") }
            _ = await world.log.first("INIT_START")
            await world.onLoop { $0.remove("f") }
            #expect(await waiting.value.outcome == .unavailable(.functionRemoved(name: "f")))
        }
    }

    @Test("Shutdown ends what waits and what runs")
    func shutdown() async throws {
        let (process, waiting) = try await HostWorld.use { world in
            try await world.define(
                "f", bootstrap: "#!/bin/sh\ntrap '' TERM\necho \"SELF $$\"\nwhile :; do sleep 1; done\n")
            let waiting = Task { await world.invoke("f") }
            return (try #require(Int32(await world.log.first("SELF "))), waiting)
        }
        #expect(await waiting.value.outcome == .unavailable(.shuttingDown))
        #expect(kill(process, 0) != 0, "it ignored SIGTERM and has been reaped")
    }
}
