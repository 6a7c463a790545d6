import ByteCoding
import Testing

extension EndToEnd {
    @Suite("What functions print")
    struct FunctionLogTests {
        private static let resources = """
            Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {POISON_SECONDS: "30"}}
                Timeout: 1
                Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 1}}}
            """
        private static let group: JSONValue = "/aws/lambda/worker"

        @Test(
            "Each line is an event of its environment's stream, stays over a restart, and millrace logs shows it"
        )
        func lines() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.sendMessage("fine", to: "orders")
            let lines = try Self.await("REPORT", caller)
            let requestID = try #require(lines.first { $0.hasPrefix("START") }?.split(separator: " ")[2])
            #expect(lines.contains("INIT_START Runtime Version: python3.12\n"))
            let invocation = lines.filter { !$0.hasPrefix("INIT_START") }
            #expect(
                invocation.prefix(3) == [
                    "START RequestId: \(requestID) Version: $LATEST\n", "handled 1\n",
                    "END RequestId: \(requestID)\n",
                ])
            let report = try #require(invocation.first { $0.hasPrefix("REPORT") })
            #expect(report.hasPrefix("REPORT RequestId: \(requestID)\tDuration: "))
            #expect(report.contains("\tInit Duration: ") && report.hasSuffix(" ms\t\n"))
            let streams = try caller.call("Logs_20140328.DescribeLogStreams", ["logGroupName": Self.group])
            let name = try #require(streams["logStreams"]?.arrayValue?.first?["logStreamName"]?.stringValue)
            #expect(name.contains("/[$LATEST]") && name.utf8.count == 52, "\(name)")

            try caller.sendMessage("poison", to: "orders")
            let timedOut = try Self.await("timed out", caller)
            #expect(timedOut.contains { $0.hasSuffix("Task timed out after 1.00 seconds\n") })
            #expect(try Self.await("\"Status: timeout\"", caller).count == 1)

            // The end stores what was printed last, and what was stored is there again.
            let before = try Self.events(caller, "")
            try daemon.expectGracefulEnd()
            let again = try world.start()
            let after = try Self.events(try again.caller(), "")
            #expect(after.starts(with: before))
            let shown = try Self.logsVerb(["worker", "--filter", "REPORT", "--json"], world, again)
            #expect(shown.split(separator: "\n").count >= 2)
            for line in shown.split(separator: "\n") {
                let message = try JSONValue(parsing: Array(line.utf8))["message"]?.stringValue ?? ""
                #expect(message.hasPrefix("REPORT RequestId: "))
            }
        }

        /// Waits for events that match, and returns all of the group; those that match of a quoted text.
        private static func await(_ pattern: String, _ caller: AWSCaller) throws -> [String] {
            try Waiting.until("an event with \(pattern)") { try !events(caller, pattern).isEmpty }
            return try events(caller, pattern.hasPrefix("\"") ? pattern : "")
        }

        private static func events(_ caller: AWSCaller, _ pattern: String) throws -> [String] {
            let quoted: String = pattern.isEmpty || pattern.hasPrefix("\"") ? pattern : "\"\(pattern)\""
            let answer = try caller.answer(
                "Logs_20140328.FilterLogEvents",
                ["logGroupName": group, "filterPattern": .string(quoted)])
            return (answer.body["events"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
        }

        /// What `millrace logs` prints.
        private static func logsVerb(
            _ arguments: [String], _ world: TestWorld, _ daemon: DaemonUnderTest
        ) throws -> String {
            let output = "\(world.folder.path)/shown"
            let program = try ChildProgram(
                world.binary.path, ["logs"] + arguments + ["--endpoint", daemon.address],
                environment: ["PATH": "/usr/bin:/bin"], output: output, errors: output + "-errors")
            #expect(try program.wait() == .code(0))
            return Files.text(output)
        }
    }
}
