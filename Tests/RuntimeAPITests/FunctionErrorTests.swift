import Testing

// Payloads are built from internal values; see EnvironmentMachineTests.
@testable import RuntimeAPI

@Suite("A function error")
struct FunctionErrorTests {
    private static let id = "8f507cfc-xmpl"

    @Test(
        "Each kind has Lambda's payload, byte for byte",
        arguments: [
            (
                .timedOut(requestID: id, seconds: 1),
                #"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 8f507cfc-xmpl Error: Task timed out after 1.00 seconds"}"#
            ),
            (
                .exited(requestID: id, .code(0)),
                #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc-xmpl Error: Runtime exited without providing a reason"}"#
            ),
            (
                .exited(requestID: id, .code(1)),
                #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc-xmpl Error: Runtime exited with error: exit status 1"}"#
            ),
            (
                .exited(requestID: id, .signal(9)),
                #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc-xmpl Error: Runtime exited with error: signal: killed"}"#
            ),
            (
                .responseTooLarge,
                #"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#
            ),
            (
                .invalidEntrypoint(requestID: id, reason: "Couldn't find valid bootstrap(s): [/x/bootstrap]"),
                #"{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: 8f507cfc-xmpl Error: Couldn't find valid bootstrap(s): [/x/bootstrap]"}"#
            ),
            (
                .commandFailed(requestID: id, .code(3), lines: ["a \"b\"", "c"]),
                #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc-xmpl Error: Runtime exited with error: exit status 3","stackTrace":["a \"b\"","c"]}"#
            ),
        ] as [(FunctionError, String)])
    func payload(error: FunctionError, expected: String) {
        #expect(String(decoding: error.payload, as: UTF8.self) == expected)
    }

    @Test("What a runtime posts is passed on as it was if it is JSON, and wrapped if it is not")
    func posted() {
        let json = Array(#" {"errorMessage":"x"} "#.utf8)
        #expect(FunctionError(posted: json, type: "T").payload == json)
        let text = FunctionError(posted: Array("boom".utf8), type: nil).payload
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"errorMessage":"boom","errorType":"Function.Unknown"}"#)
    }

    @Test("Wait statuses are read as the kernel writes them")
    func waitStatus() {
        #expect(ExitStatus(waitStatus: 3 << 8) == .code(3))
        #expect(ExitStatus(waitStatus: 11) == .signal(11))
        #expect(ExitStatus(waitStatus: 0x80 | 6) == .signal(6), "with a core dump")
    }
}
