import EventModel
import RuntimeAPI
import Testing

@Suite("Command handlers", .timeLimit(.minutes(2)))
struct CommandHandlerTests {
    private static let id = "8f507cfc-0000-4000-8000-000000000001"

    private func run(
        _ words: [String], _ event: String = "{}", timeout: Int = 5, wantsLogTail: Bool = false
    ) async throws -> InvocationResult {
        try await HostWorld.use { world in
            await world.define("f", .command(words, workingDirectory: world.folder), timeout)
            return await world.invoke("f", event, id: Self.id, wantsLogTail: wantsLogTail)
        }
    }

    @Test(
        "The event comes in on standard input, the answer goes out on standard output, the log on standard error"
    )
    func success() async throws {
        let result = try await run(["sh", "-c", "echo log >&2; cat"], #"{"a":[1,2]}"#, wantsLogTail: true)
        #expect(result.summary == #"ok {"a":[1,2]}"#)
        #expect(result.tail.contains("\nlog\nEND RequestId: \(Self.id)\n"))
        #expect(!result.tail.contains("Max Memory Used: 0 MB"))
    }

    @Test("An event larger than a pipe arrives whole")
    func largeEvent() async throws {
        let event = "\"" + String(repeating: "x", count: 3_000_000) + "\""
        #expect(try await run(["wc", "-c"], event).summary.contains("3000002"))
    }

    @Test("A command need not read its event, nor answer")
    func silent() async throws {
        let event = String(repeating: " ", count: 1_000_000) + "{}"
        #expect(try await run(["true"], event).summary == "ok null")
    }

    @Test("It knows who it is")
    func variables() async throws {
        let script =
            "echo $AWS_LAMBDA_FUNCTION_NAME $MILLRACE_REQUEST_ID ${AWS_LAMBDA_RUNTIME_API:-none} $(pwd -P | tail -c 1 | wc -c)"
        #expect(try await run(["sh", "-c", script]).summary.hasPrefix("ok f \(Self.id) none "))
    }

    @Test("An exit code is a function error with the end of standard error")
    func failure() async throws {
        #expect(
            try await run(["sh", "-c", "echo one >&2; echo two >&2; exit 3"]).summary
                == #"Unhandled {"errorType":"Runtime.ExitError","errorMessage":"RequestId: \#(Self.id) Error: Runtime exited with error: exit status 3","stackTrace":["one","two"]}"#
        )
    }

    @Test("One that hangs is killed, its children too")
    func timeout() async throws {
        let result = try await run(["sh", "-c", "sleep 1000 | sleep 1000"], timeout: 1)
        #expect(
            result.summary
                == #"Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: \#(Self.id) Error: Task timed out after 1.00 seconds"}"#
        )
    }

    @Test("One that answers without end is stopped")
    func endless() async throws {
        let result = try await run(["yes"], timeout: 30)
        #expect(result.summary.contains("Function.ResponseSizeTooLarge"))
        #expect(result.duration < .seconds(30))
    }

    @Test("One that is not there is an invalid entrypoint")
    func missing() async throws {
        #expect(
            try await run(["no-such-command"]).summary.contains(
                "Couldn't find the command no-such-command in "))
        #expect(try await run(["./no-such-command"]).summary.contains("no such file or directory"))
    }

    @Test("A child that keeps the output open delays nothing")
    func openPipe() async throws {
        let result = try await run(["sh", "-c", "setsid sleep 5 & echo 1"], timeout: 4)
        #expect(result.summary == "ok 1\n")
        #expect(result.duration < .seconds(4))
    }
}
