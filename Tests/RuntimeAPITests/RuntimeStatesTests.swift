import EventModel
import RuntimeAPI
import Testing

@Suite("The Runtime API", .timeLimit(.minutes(2)))
struct RuntimeStatesTests {
    private static let first = "11111111-0000-4000-8000-000000000001"
    private static let second = "22222222-0000-4000-8000-000000000002"

    private struct Play {
        let world: HostWorld
        let runtime: RawRuntime
        let result: Task<InvocationResult, Never>
    }

    /// Runs a test in a world with one invocation waiting and a raw runtime connected to its environment.
    private func playing(
        timeout: Int = 5, _ configure: (inout FunctionHostConfiguration) -> Void = { _ in },
        _ body: (Play) async throws -> Void
    ) async throws {
        try await HostWorld.use(configure) { world in
            try await world.define("f", bootstrap: RawRuntime.bootstrap, timeout: timeout)
            let result = Task { await world.invoke("f", "{\"n\":1}", id: Self.first) }
            try await body(
                Play(world: world, runtime: try RawRuntime(await world.log.first("API ")), result: result))
        }
    }

    @Test("next carries the event and every header of the specification")
    func nextHeaders() async throws {
        try await playing(timeout: 7) { play in
            let next = try await play.runtime.next()
            #expect(next.status == 200)
            #expect(next.text == "{\"n\":1}")
            #expect(next.requestID == Self.first)
            #expect(
                next.headers["lambda-runtime-invoked-function-arn"]
                    == "arn:aws:lambda:us-east-1:000000000000:function:f")
            #expect(next.headers["lambda-runtime-trace-id"]?.hasPrefix("Root=1-") == true)
            #expect(next.headers["content-type"] == "application/json")
            let deadline = try #require(next.headers["lambda-runtime-deadline-ms"].flatMap { Int64($0) })
            let left = deadline - HostWorld.wallTime.millisecondsSinceEpoch
            #expect(left > 1_000 && left <= 7_000)
            #expect(try await play.runtime.respond(Self.first, "\"done\"").status == 202)
            #expect(await play.result.value.summary == "ok \"done\"")
        }
    }

    @Test("Calls out of turn are refused and change nothing")
    func refusals() async throws {
        try await playing { play in
            let early = try await play.runtime.respond(Self.first, "1")
            #expect(early.status == 403)
            #expect(early.text.contains("InvalidStateTransition"))
            _ = try await play.runtime.next()
            #expect(try await play.runtime.next().status == 403, "it already has an event")
            #expect(try await play.runtime.post("/init/error", Array("{}".utf8)).status == 403)
            let wrong = try await play.runtime.respond(Self.second, "1")
            #expect(wrong.status == 400)
            #expect(wrong.text.contains("InvalidRequestID"))
            #expect(try await play.runtime.respond(Self.first, "1").status == 202)
            #expect(try await play.runtime.respond(Self.first, "2").status == 403, "the second answer")
            #expect(try await play.runtime.post("/invocation/\(Self.first)/error", []).status == 403)
            #expect(await play.result.value.summary == "ok 1")
        }
    }

    @Test("What is not there is named")
    func unsupported() async throws {
        try await playing { play in
            play.runtime.send(
                "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            let answer = try await play.runtime.receive()
            #expect(answer.status == 501)
            #expect(answer.text.contains("Extensions API"))
            _ = try await play.runtime.next()
            let streamed = try await play.runtime.post(
                "/invocation/\(Self.first)/response", Array("x".utf8),
                headers: "Lambda-Runtime-Function-Response-Mode: streaming\r\n")
            #expect(streamed.status == 501)
            #expect(await play.result.value.summary.contains("Runtime.ResponseStreamingNotSupported"))
        }
    }

    @Test("An invocation that already waits is handed over with the next that follows an answer")
    func handOver() async throws {
        try await playing({ $0.simultaneousStarts = 1 }) { play in
            let world = play.world
            _ = try await play.runtime.next()
            // The second one is asked for from within the first one's completion, as a poller does.
            let first = play.result
            let second = Task {
                _ = await first.value
                return await world.invoke("f", "{\"n\":2}", id: Self.second)
            }
            #expect(try await play.runtime.respond(Self.first, "1").status == 202)
            let next = try await play.runtime.next()
            #expect(next.requestID == Self.second)
            _ = try await play.runtime.respond(Self.second, "2")
            #expect(await second.value.summary == "ok 2")
        }
    }

    @Test("A thousand invocations run through one environment on one connection, in order")
    func manyInvocations() async throws {
        try await playing { play in
            let world = play.world
            let first = play.result
            let callers = Task {
                _ = await first.value
                var answers: [String] = []
                for number in 1..<1_000 { answers.append(await world.invoke("f", "\(number)").summary) }
                return answers
            }
            for _ in 0..<1_000 {
                let next = try await play.runtime.next()
                let answer = try await play.runtime.respond(next.requestID, next.text)
                #expect(answer.status == 202)
            }
            #expect(await play.result.value.summary == "ok {\"n\":1}")
            #expect(await callers.value == (1..<1_000).map { "ok \($0)" })
        }
    }

    @Test("A response over 6 MB is refused and is a function error; one of 6 MB is not")
    func tooLarge() async throws {
        try await playing { play in
            _ = try await play.runtime.next()
            let path = "/invocation/\(Self.first)/response"
            let large = [UInt8](repeating: UInt8(ascii: "1"), count: Limits.responseBytes + 1)
            let refused = try await play.runtime.post(path, large)
            #expect(refused.status == 413)
            #expect(refused.text.contains("RequestEntityTooLarge"))
            #expect(
                await play.result.value.summary
                    == #"Unhandled {"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#
            )
            let world = play.world
            let again = Task { await world.invoke("f", id: Self.second) }
            _ = try await play.runtime.next()
            let fits = try await play.runtime.post(
                "/invocation/\(Self.second)/response", Array(large.dropLast()))
            #expect(fits.status == 202)
            guard case .success(let payload) = await again.value.outcome else {
                Issue.record("6 MB are allowed")
                return
            }
            #expect(payload.count == Limits.responseBytes)
            let third = Task { await world.invoke("f", id: Self.first) }
            #expect(try await play.runtime.next().requestID == Self.first)
            play.runtime.send(
                "POST /2018-06-01/runtime\(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
            #expect(
                await third.value.summary.contains("Function.ResponseSizeTooLarge"), "it is not even read")
        }
    }

    @Test("A posted init error fails the invocation that waits, as it was posted")
    func initError() async throws {
        try await playing { play in
            let body =
                #"{"errorMessage":"no module","errorType":"Runtime.ImportModuleError","requestId":"","stackTrace":[]}"#
            let answer = try await play.runtime.post("/init/error", Array(body.utf8))
            #expect(answer.status == 202)
            #expect(await play.result.value.summary == "Unhandled " + body)
        }
    }

    @Test("A posted error fails the invocation, and the environment lives on")
    func postedError() async throws {
        try await playing { play in
            _ = try await play.runtime.next()
            let body = #"{"errorMessage":"bad","errorType":"Bad","stackTrace":[]}"#
            #expect(
                try await play.runtime.post("/invocation/\(Self.first)/error", Array(body.utf8)).status == 202
            )
            #expect(await play.result.value.summary == "Unhandled " + body)
            let world = play.world
            let again = Task { await world.invoke("f", id: Self.second) }
            #expect(try await play.runtime.next().requestID == Self.second)
            _ = try await play.runtime.respond(Self.second, "1")
            #expect(await again.value.summary == "ok 1")
        }
    }

    @Test(
        "A connection lost half way through an answer is a timeout, and the next invocation gets a new environment"
    )
    func halfAnswer() async throws {
        try await playing(timeout: 1) { play in
            _ = try await play.runtime.next()
            play.runtime.send(
                "POST /2018-06-01/runtime/invocation/\(Self.first)/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
            )
            play.runtime.close()
            #expect(
                await play.result.value.summary
                    == #"Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: \#(Self.first) Error: Task timed out after 1.00 seconds"}"#
            )
        }
    }

    @Test("A runtime that loses its connection while idle may ask again on a new one")
    func reconnect() async throws {
        try await playing { play in
            let world = play.world
            let address = await world.log.first("API ")
            _ = try await play.runtime.next()
            _ = try await play.runtime.respond(Self.first, "1")
            _ = await play.result.value
            play.runtime.sendNext()
            play.runtime.close()
            let other = try RawRuntime(address)
            // When this is answered the server has seen the old connection end.
            #expect(try await other.respond("unknown", "1").status == 400)
            let again = Task { await world.invoke("f", id: Self.second) }
            let next = try await other.next()
            #expect(next.requestID == Self.second)
            _ = try await other.respond(Self.second, "2")
            #expect(await again.value.summary == "ok 2")
        }
    }

    @Test("Init over its limit starts again under the function's timeout, which it may use up")
    func slowInit() async throws {
        try await HostWorld.use({ $0.initTimeout = .milliseconds(200) }) { world in
            try await world.define("f", bootstrap: RawRuntime.bootstrap, timeout: 1)
            let result = await world.invoke("f", id: Self.first)
            #expect(result.summary.contains("Task timed out after 1.00 seconds"))
            #expect(result.duration >= .seconds(1))
            #expect(world.log.lines.count { $0.hasPrefix("API ") } == 2, "it was started twice")
        }
    }

    @Test("A repeated init that ends in time leaves the rest of the timeout to the invocation")
    func slowInitThatEnds() async throws {
        try await HostWorld.use({ $0.initTimeout = .milliseconds(200) }) { world in
            // The first start says something else, so that the second one's address is known from its line.
            let script = """
                #!/bin/sh
                [ -e first ] || { : > first; exec sleep 1000; }
                echo "API $AWS_LAMBDA_RUNTIME_API"
                exec sleep 1000
                """
            try await world.define("f", bootstrap: script, timeout: 10)
            let result = Task { await world.invoke("f", id: Self.first) }
            let runtime = try RawRuntime(await world.log.first("API "))
            let next = try await runtime.next()
            let deadline = try #require(next.headers["lambda-runtime-deadline-ms"].flatMap { Int64($0) })
            #expect(deadline - HostWorld.wallTime.millisecondsSinceEpoch < 10_000)
            _ = try await runtime.respond(Self.first, "1")
            #expect(await result.value.summary == "ok 1")
        }
    }
}
