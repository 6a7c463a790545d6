import ByteCoding
import Glibc
import Testing

extension EndToEnd {
    @Suite("Templates at the start")
    struct TemplateApplicationTests {
        private static let resources = """
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            Orders:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: orders
                DelaySeconds: 2
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 4}
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 3}}
            Items:
              Type: AWS::DynamoDB::Table
              Properties:
                TableName: items
                BillingMode: PAY_PER_REQUEST
                AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                KeySchema: [{AttributeName: id, KeyType: HASH}]
                StreamSpecification: {StreamViewType: NEW_IMAGE}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {QUEUE: !Ref Orders}}
                Events:
                  Queue: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 5}}
                  Stream:
                    Type: Kinesis
                    Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: LATEST, Enabled: false}
                  Table:
                    Type: DynamoDB
                    Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: TRIM_HORIZON}
            """

        /// All that the APIs tell about what is defined, once no mapping is on its way to another state.
        private static func catalog(_ caller: AWSCaller) throws -> String {
            try Waiting.until("the mappings to settle") {
                try caller.mappings().allSatisfy {
                    ["Enabled", "Disabled"].contains($0["State"]?.stringValue ?? "")
                }
            }
            var parts: [JSONValue] = [try caller.call("AmazonSQS.ListQueues", [:])]
            for queue in ["orders", "dead"] {
                parts.append(
                    try caller.call(
                        "AmazonSQS.GetQueueAttributes",
                        ["QueueUrl": caller.queueURL(queue), "AttributeNames": ["All"]]))
            }
            parts.append(try caller.call("Kinesis_20131202.DescribeStream", ["StreamName": "clicks"]))
            parts.append(try caller.call("DynamoDB_20120810.DescribeTable", ["TableName": "items"]))
            parts.append(.array(try caller.mappings()))
            parts.append(try caller.page("/2015-03-31/functions"))
            return JSONValue.array(parts).text
        }

        @Test("Applied twice, a template changes nothing")
        func idempotent() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let before = try Self.catalog(daemon.caller())
            try daemon.expectGracefulEnd()
            // The same port, because queue URLs hold it.
            let second = try world.start(["--port", daemon.port])
            #expect(try Self.catalog(second.caller()) == before)
            #expect(second.log.contains("changed=0"))
            try second.expectGracefulEnd()
            // And it is all still there without the template.
            let third = try world.start(template: false, ["--port", daemon.port])
            #expect(try Self.catalog(third.caller()) == before)
        }

        @Test("What a later template changes is changed, and nothing else")
        func changes() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let before = try Self.catalog(daemon.caller())
            try daemon.expectGracefulEnd()
            try world.writeTemplate(
                Self.resources.replacing("DelaySeconds: 2", with: "DelaySeconds: 3")
                    .replacing("BatchSize: 5", with: "BatchSize: 7"))
            let second = try world.start(["--port", daemon.port])
            let after = try Self.catalog(second.caller())
            #expect(after != before)
            let plain = after.replacing(#""DelaySeconds":"3""#, with: #""DelaySeconds":"2""#)
                .replacing(#""BatchSize":7"#, with: #""BatchSize":5"#)
            #expect(Self.withoutTimes(plain) == Self.withoutTimes(before))
        }

        @Test("Killed while it applies a template, it starts again with it")
        func killedAtStart() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            for pause in stride(from: UInt32(0), to: 60_000, by: 3_000) {
                let launched = try world.binary.launch([
                    "--data", world.dataPath, "--template", world.templatePath, "--durability", "normal",
                ])
                // Its file is made first; the template is applied soon after.
                try Waiting.until("the store to be opened") {
                    Files.bytes("\(world.dataPath)/lock").count > 0
                }
                usleep(pause)
                launched.program.signal(SIGKILL)
                _ = try launched.program.wait()
                let daemon = try world.start(["--port", "0"])
                let caller = try daemon.caller()
                for mapping in try caller.mappings().compactMap({ $0["UUID"]?.stringValue }) {
                    try Waiting.until("mapping \(mapping) to settle") {
                        let state = try caller.page("\(AWSCaller.mappingsPath)/\(mapping)")["State"]
                        return ["Enabled", "Disabled"].contains(state?.stringValue)
                    }
                }
                #expect(try caller.mappings().count == 3)
                try daemon.kill()
                Files.remove(world.dataPath)
            }
        }

        /// Without the moments of the last change, which did change.
        private static func withoutTimes(_ text: String) -> String {
            text.replacing(/"(LastModified|LastModifiedTimestamp)":("[^"]*"|[0-9.]+)/, with: "")
        }

        @Test("One resource that is not supported stops all of it, named by file and line")
        func unsupported() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                "Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}\nNet: {Type: AWS::EC2::VPC}"
            )
            let (ending, message) = try world.binary.refusal([
                "--data", world.dataPath, "--template", world.templatePath,
            ])
            #expect(ending == .code(1))
            let line = try #require(
                Files.text(world.templatePath).split(separator: "\n", omittingEmptySubsequences: false)
                    .firstIndex { $0.contains("EC2") })
            #expect(message.contains("template.yaml:\(line + 1):"), "\(message)")
            #expect(message.contains("AWS::EC2::VPC"), "\(message)")
            #expect(message.contains("nothing was changed"), "\(message)")
            try Self.expectNothing(world)
        }

        @Test("A second template that cannot be applied stops the first one too")
        func halfApplied() throws {
            let world = try TestWorld()
            try world.writeTemplate("Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}")
            let second = "\(world.folder.path)/app/second.yaml"
            try Files.write(
                "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Colour: red}}}\n", to: second)
            let (ending, message) = try world.binary.refusal([
                "--data", world.dataPath, "--template", world.templatePath, "--template", second,
            ])
            #expect(ending == .code(1))
            #expect(message.contains("second.yaml:1:"), "\(message)")
            #expect(message.contains("Colour"), "\(message)")
            try Self.expectNothing(world)
        }

        @Test("A template that is not there is named")
        func missing() throws {
            let world = try TestWorld()
            let (ending, message) = try world.binary.refusal([
                "--data", world.dataPath, "--template", "/nowhere/t.yaml",
            ])
            #expect(ending == .code(1))
            #expect(message.contains("/nowhere/t.yaml"), "\(message)")
        }

        private static func expectNothing(_ world: TestWorld) throws {
            let daemon = try world.start(template: false)
            let queues = try daemon.caller().call("AmazonSQS.ListQueues", [:])
            #expect(queues["QueueUrls"] == nil, "\(queues.text)")
        }
    }
}
