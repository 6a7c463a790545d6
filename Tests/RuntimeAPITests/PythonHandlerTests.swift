import EventModel
import Glibc
import RuntimeAPI
import Telemetry
import Testing

@Suite("Python handlers", .enabled(if: HostWorld.hasPython), .timeLimit(.minutes(3)))
struct PythonHandlerTests {
    private static let id = "8f507cfc-0000-4000-8000-000000000001"

    private func run(
        _ python: String, _ event: String = "{}", timeout: Int = 5, usesAWSClient: Bool = false,
        _ check: (InvocationResult, HostWorld) async throws -> Void
    ) async throws {
        try await HostWorld.use { world in
            try await world.define(
                "f", python: python, timeout: timeout, environment: ["COLOUR": "blue"],
                usesAWSClient: usesAWSClient)
            try await check(await world.invoke("f", event, id: Self.id, wantsLogTail: true), world)
        }
    }

    @Test("A handler gets its event and context, and stays warm")
    func success() async throws {
        try await run(
            """
            import os
            count = 0
            def handler(event, context):
                global count
                count += 1
                print("hello", flush=False)
                left = context.get_remaining_time_in_millis()
                assert 0 < left <= 5000, left
                return [event["k"], count, context.aws_request_id, context.function_name, context.memory_limit_in_mb,
                        context.invoked_function_arn, context.log_group_name, os.environ["COLOUR"],
                        os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]]
            """, #"{"k":"ä"}"#
        ) { result, world in
            let arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
            func expected(_ count: Int) -> String {
                #"ok ["ä", \#(count), "\#(Self.id)", "f", "128", "\#(arn)", "/aws/lambda/f", "blue", true]"#
            }
            #expect(result.summary == expected(1))
            let lines = result.tail.split(separator: "\n").map(String.init)
            #expect(lines[0] == "INIT_START Runtime Version: python3.99")
            #expect(lines[1] == "START RequestId: \(Self.id) Version: $LATEST")
            #expect(lines[2] == "hello")
            #expect(lines[3] == "END RequestId: \(Self.id)")
            #expect(lines[4].hasPrefix("REPORT RequestId: \(Self.id)\tDuration: "))
            #expect(lines[4].contains(" MB\tInit Duration: "))
            let warm = await world.invoke("f", #"{"k":"ä"}"#, id: Self.id, wantsLogTail: true)
            #expect(warm.summary == expected(2))
            #expect(!warm.tail.contains("Init Duration"))
            #expect(warm.tail.hasSuffix(" MB\t\n"))
            #expect(await world.invoke("f", #"{"k":"ä"}"#, id: Self.id).logTail.isEmpty)
        }
    }

    @Test("A handler that returns nothing answers null")
    func null() async throws {
        try await run("def handler(event, context): pass") { result, world in
            #expect(result.summary == "ok null")
        }
    }

    @Test(
        "Answers are ASCII before Python 3.12 and UTF-8 since, as in Lambda",
        arguments: [("python3.11", #""\u00e4""#), ("python3.12", #""ä""#)])
    func escapes(identifier: String, answer: String) async throws {
        try await HostWorld.use { world in
            let code = world.folder + "/f"
            try world.write("def handler(event, context): return event", to: code, "app.py", mode: 0o644)
            try world.write("raise ImportError", to: code, "awslambdaric.py", mode: 0o644)
            await world.define("f", .runtime(identifier: identifier, handler: "app.handler", codePath: code))
            #expect(await world.invoke("f", #""ä""#).summary == "ok " + answer)
        }
    }

    @Test("An exception becomes Lambda's error object")
    func exception() async throws {
        try await run(
            "def handler(event, context):\n    raise ValueError('bad \"k\"')\n"
        ) { result, world in
            let file = "\(world.folder)/f/app.py"
            #expect(
                result.summary
                    == #"Unhandled {"errorMessage": "bad \"k\"", "errorType": "ValueError", "requestId": "\#(Self.id)", "stackTrace": ["  File \"\#(file)\", line 2, in handler\n    raise ValueError('bad \"k\"')\n"]}"#
            )
            #expect(
                result.tail.contains("[ERROR] ValueError: bad \"k\"\nTraceback (most recent call last):\n"))
        }
    }

    @Test(
        "What goes wrong while loading is an init error",
        arguments: [
            (
                "import no_such_module", "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named"
            ),
            ("other = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
            ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax"),
            ("raise KeyError('TABLE')", "KeyError", "'TABLE'"),
        ])
    func initErrors(module: String, type: String, message: String) async throws {
        try await run(module) { result, world in
            #expect(result.summary.contains(#""errorMessage": "\#(message)"#))
            #expect(result.summary.contains(#""errorType": "\#(type)", "requestId": "", "stackTrace": ["#))
        }
    }

    @Test(
        "A handler that ends its process is an exit error",
        arguments: [
            ("os._exit(7)", "exit status 7"), ("sys.exit(1)", "exit status 1"),
            ("os.kill(os.getpid(), 11)", "signal: segmentation fault"),
        ])
    func exits(statement: String, reason: String) async throws {
        try await run(
            "import os, sys\ndef handler(event, context):\n    \(statement)\n"
        ) { result, world in
            #expect(
                result.summary
                    == #"Unhandled {"errorType":"Runtime.ExitError","errorMessage":"RequestId: \#(Self.id) Error: Runtime exited with error: \#(reason)"}"#
            )
        }
    }

    @Test("A handler that hangs times out; the next invocation gets a new environment")
    func timeout() async throws {
        try await run(
            """
            import os, time
            def handler(event, context):
                print("working", os.getpid())
                if event.get("hang"): time.sleep(1000)
                return os.getpid()
            """, #"{"hang":true}"#, timeout: 1
        ) { result, world in
            #expect(
                result.summary
                    == #"Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: \#(Self.id) Error: Task timed out after 1.00 seconds"}"#
            )
            #expect(result.tail.contains("working"))
            #expect(result.tail.contains(" \(Self.id) Task timed out after 1.00 seconds\n"))
            #expect(result.tail.contains("\tStatus: timeout\t\n"))
            #expect(result.duration >= .seconds(1))
            #expect(await world.invoke("f", id: Self.id).summary.hasPrefix("ok "))
        }
    }

    @Test("An answer that is no JSON value or too large is an error")
    func unusableAnswers() async throws {
        try await run("def handler(event, context):\n    return object()\n") { result, world in
            #expect(result.summary.contains(#""errorType": "Runtime.MarshalError""#))
        }
        try await run("def handler(event, context):\n    return 'x' * 20000000\n") { large, other in
            #expect(large.summary.contains(#""errorType": "Function.ResponseSizeTooLarge""#))
        }
    }

    @Test("A changed definition starts a new environment, and an idle one is let go after a while")
    func replacement() async throws {
        try await HostWorld.use({ $0.idleTimeout = .milliseconds(100) }) { world in
            try await world.define(
                "f", python: "import os\ndef handler(event, context):\n    return os.environ['V']",
                environment: ["V": "1"])
            #expect(await world.invoke("f").summary == "ok \"1\"")
            try await world.define(
                "f", python: "import os\ndef handler(event, context):\n    return os.environ['V']",
                environment: ["V": "2"])
            #expect(await world.invoke("f").summary == "ok \"2\"")
            let environments = world.metrics.gauge(
                "millrace_function_environments", help: "Handler processes of the function.",
                labels: ["function": "f"])
            while environments.value > 0 { await Task.yield() }
        }
    }

    @Test("AWS's own client is used where it is installed", .enabled(if: hasAWSClient))
    func awsClient() async throws {
        let module = """
            import sys
            def handler(event, context):
                if event.get("fail"): raise ValueError("bad")
                if event.get("large"): return "x" * 20000000
                return ["awslambdaric" in sys.modules, context.aws_request_id, type(context).__module__]
            """
        try await run(module, usesAWSClient: true) { result, world in
            #expect(result.summary == #"ok [true, "\#(Self.id)", "awslambdaric.lambda_context"]"#)
            let failed = await world.invoke("f", #"{"fail":true}"#, id: Self.id)
            #expect(failed.summary.contains(#""errorMessage": "bad", "errorType": "ValueError""#))
            let large = await world.invoke("f", #"{"large":true}"#, id: Self.id)
            #expect(large.summary.contains("Function.ResponseSizeTooLarge"))
        }
        try await run("import no_such_module", usesAWSClient: true) { result, _ in
            #expect(result.summary.contains(#""errorType": "Runtime.ImportModuleError""#))
        }
    }

    private static let hasAWSClient = system("python3 -c 'import awslambdaric' 2>/dev/null") == 0
}
