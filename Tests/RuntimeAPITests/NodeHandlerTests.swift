import EventModel
import Glibc
import RuntimeAPI
import Testing

@Suite("Node.js handlers", .enabled(if: HostWorld.hasNode), .timeLimit(.minutes(2)))
struct NodeHandlerTests {
    private static let id = "8f507cfc-0000-4000-8000-000000000001"

    private func run(
        _ source: String, file: String = "index.js", handler: String = "index.handler", event: String = "{}",
        _ check: (InvocationResult, HostWorld) async throws -> Void
    ) async throws {
        try await HostWorld.use { world in
            let code = world.folder + "/f"
            try world.write(source, to: code, file, mode: 0o644)
            await world.define("f", .runtime(identifier: "nodejs20.x", handler: handler, codePath: code), 5)
            try await check(await world.invoke("f", event, id: Self.id, wantsLogTail: true), world)
        }
    }

    @Test("A handler gets its event and context, and stays warm")
    func success() async throws {
        try await run(
            """
            let count = 0;
            exports.handler = async (event, context) => {
              console.log("hello");
              count += 1;
              const left = context.getRemainingTimeInMillis();
              return [event.k, count, context.awsRequestId, context.functionName, context.functionVersion,
                      left > 0 && left <= 5000];
            };
            """, event: #"{"k":"ä"}"#
        ) { result, world in
            #expect(result.summary == #"ok ["ä",1,"\#(Self.id)","f","$LATEST",true]"#)
            #expect(result.tail.contains("\nhello\n"))
            let warm = await world.invoke("f", #"{"k":1}"#, id: Self.id)
            #expect(warm.summary == #"ok [1,2,"\#(Self.id)","f","$LATEST",true]"#)
        }
    }

    @Test(
        "Modules of both kinds, callbacks and plain values",
        arguments: [
            ("export const handler = async () => 1;", "index.mjs", "ok 1"),
            (
                "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 2), 5); };",
                "index.js", "ok 2"
            ),
            ("exports.handler = (event, context) => { context.succeed(3); };", "index.cjs", "ok 3"),
            ("exports.handler = () => {};", "index.js", "ok null"),
            ("module.exports = { handler: () => ({ a: 4 }) };", "index.js", #"ok {"a":4}"#),
        ])
    func forms(source: String, file: String, summary: String) async throws {
        try await run(source, file: file) { result, _ in #expect(result.summary == summary) }
    }

    @Test("An error is told with its type, message and trace, and the environment goes on")
    func failure() async throws {
        try await run(
            """
            exports.handler = async (event) => {
              if (event.fine) return "fine";
              throw new TypeError("poison");
            };
            """
        ) { result, world in
            #expect(
                result.summary.hasPrefix(
                    #"Unhandled {"errorType":"TypeError","errorMessage":"poison","trace":["#))
            #expect(result.summary.contains("/f/index.js:3:"))
            #expect(!result.summary.contains("millrace_runtime"))
            #expect(await world.invoke("f", #"{"fine":1}"#).summary == #"ok "fine""#)
        }
    }

    @Test(
        "What is wrong with the handler is told as Lambda tells it",
        arguments: [
            (
                "exports.other = 1;", "index.handler", "Runtime.HandlerNotFound",
                "index.handler is undefined or not exported"
            ),
            (
                "exports.handler = 1;", "index.handler", "Runtime.HandlerNotFound",
                "index.handler is not a function"
            ),
            ("exports.handler = 1;", "index", "Runtime.MalformedHandlerName", "Bad handler"),
            (
                "exports.handler = 1;", "other.handler", "Runtime.ImportModuleError",
                "Error: Cannot find module 'other'"
            ),
            (
                "require('none');", "index.handler", "Runtime.ImportModuleError",
                "Error: Cannot find module 'none'"
            ),
            ("exports.handler = (", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
            ("throw new Error('at load');", "index.handler", "Error", "at load"),
        ])
    func initErrors(source: String, handler: String, type: String, message: String) async throws {
        try await run(source, handler: handler) { result, _ in
            #expect(
                result.summary.hasPrefix(#"Unhandled {"errorType":"\#(type)","errorMessage":"\#(message)"#),
                "\(result.summary)")
        }
    }

    @Test("What nobody caught ends the invocation and the process")
    func uncaught() async throws {
        try await run(
            """
            exports.handler = (event, context, callback) => {
              if (event.kind === "reject") Promise.reject(new Error("left alone"));
              else setTimeout(() => { throw new RangeError("later"); }, 1);
            };
            """
        ) { result, world in
            #expect(result.summary.contains(#""errorType":"RangeError","errorMessage":"later""#))
            let rejected = await world.invoke("f", #"{"kind":"reject"}"#)
            #expect(
                rejected.summary.contains(
                    #""errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"left alone""#))
        }
    }

    @Test("Without an interpreter the answer says what to install")
    func missing() async throws {
        try await HostWorld.use({ $0.inheritedEnvironment = ["PATH": "/nowhere"] }) { world in
            for (identifier, words) in [
                (
                    "nodejs20.x",
                    "Couldn't find node for runtime nodejs20.x in PATH /nowhere; install Node.js 18 or later"
                ),
                ("java21", "Couldn't find java for runtime java21 in PATH /nowhere; install a Java runtime"),
                (
                    "ruby3.3",
                    "Couldn't find aws_lambda_ric for runtime ruby3.3 in PATH /nowhere; install Ruby"
                ),
                (
                    "dotnet8",
                    "Couldn't find a bootstrap in the package of runtime dotnet8; build it self-contained"
                ),
            ] {
                await world.define(
                    identifier, .runtime(identifier: identifier, handler: "a.b", codePath: world.folder), 5)
                let result = await world.invoke(identifier).summary
                #expect(result.contains("Runtime.InvalidEntrypoint") && result.contains(words), "\(result)")
            }
        }
    }
}
