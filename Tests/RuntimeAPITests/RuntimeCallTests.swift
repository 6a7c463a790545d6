import EventModel
import Testing

// Internal values; see EnvironmentMachineTests.
@testable import RuntimeAPI

@Suite("A call of the Runtime API")
struct RuntimeCallTests {
    @Test(
        "Request lines are told apart",
        arguments: [
            ("GET", "/2018-06-01/runtime/invocation/next", .next),
            ("POST", "/2018-06-01/runtime/invocation/a-1/response", .response(requestID: "a-1")),
            ("POST", "/2018-06-01/runtime/invocation/a-1/error", .error(requestID: "a-1")),
            ("POST", "/2018-06-01/runtime/init/error", .initError),
            ("GET", "/2018-06-01/runtime/invocation/a-1/response", .unknown),
            ("POST", "/2018-06-01/runtime/invocation/next", .unknown),
            ("POST", "/2018-06-01/runtime/invocation/a-1/response/x", .unknown),
            ("GET", "/2018-06-01/runtime/restore/next", .unsupported("SnapStart's restore hooks")),
            ("POST", "/2020-01-01/extension/register", .unsupported("The Extensions API")),
            ("PUT", "/2022-07-01/telemetry", .unsupported("The Telemetry API")),
            ("GET", "/", .unknown),
        ] as [(String, String, RuntimeCall)])
    func parsing(method: String, path: String, expected: RuntimeCall) {
        #expect(RuntimeCall(method: method, path: path) == expected)
    }

    @Test("A handler's variables are Lambda's, and users cannot replace the reserved ones")
    func variables() {
        let function = FunctionDefinition(
            name: "f", handler: .runtime(identifier: "python3.12", handler: "app.handler", codePath: "/code"),
            memoryMegabytes: 256,
            environment: ["TABLE": "t", "AWS_REGION": "mars", "TZ": "Europe/Berlin", "_HANDLER": "x"],
            modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
        var configuration = FunctionHostConfiguration(
            runtimeDirectory: "/run/m", endpointURL: "http://127.0.0.1:4566")
        configuration.inheritedEnvironment = ["PATH": "/bin"]
        let variables = EnvironmentVariables.make(
            for: function, configuration: configuration, address: "127.0.0.1:9", stream: "s")
        let expected: [String: String] = [
            "PATH": "/bin", "LANG": "en_US.UTF-8", "TZ": "Europe/Berlin", "TABLE": "t",
            "_HANDLER": "app.handler",
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_ACCESS_KEY_ID": "test", "AWS_ACCESS_KEY": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000", "LAMBDA_RUNTIME_DIR": "/run/m",
            "LAMBDA_TASK_ROOT": "/code", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        ]
        #expect(variables == expected)
    }

    @Test("Names of log streams and trace headers have Lambda's form")
    func names() {
        struct Fixed: RandomNumberGenerator {
            mutating func next() -> UInt64 { 0xab }
        }
        var dice = Fixed()
        let moment = Timestamp(millisecondsSinceEpoch: 1_573_691_886_021)
        #expect(
            EnvironmentVariables.logStream(at: moment, using: &dice)
                == "2019/11/14/[$LATEST]00000000000000ab00000000000000ab")
        #expect(
            EnvironmentVariables.traceID(at: moment, requestID: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
                == "Root=1-5dcca1ee-c6af9ac67b6111e69a4193e8;Parent=9a4193e8deadbeef;Sampled=0")
    }

    @Test("Memory use is found in a process' status")
    func memory() {
        let status = Array("VmPeak:\t  9000 kB\nVmHWM:\t    4321 kB\nVmRSS:\t 1 kB\n".utf8)
        #expect(MemoryMeter.peak(inStatus: status[...]) == 4_321)
        #expect(MemoryMeter.peak(inStatus: Array("Name: x\n".utf8)[...]) == nil)
    }
}
