import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Every kind of resource in one template")
    struct TemplateKindsTests {
        /// Each kind once, with what refers to what in between.
        private static let resources = """
            Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: all-queue}}
            QueueRights:
              Type: AWS::SQS::QueuePolicy
              Properties:
                Queues: [!Ref Queue]
                PolicyDocument:
                  Version: 2012-10-17
                  Statement:
                    - {Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: sqs:SendMessage,
                       Resource: !GetAtt Queue.Arn, Condition: {ArnEquals: {aws:SourceArn: !Ref Topic}}}
            Stream:
              Type: AWS::Kinesis::Stream
              Properties:
                Name: all-stream
                StreamModeDetails: {StreamMode: ON_DEMAND}
                RetentionPeriodHours: 48
                Tags: [{Key: team, Value: a}]
            Reader: {Type: AWS::Kinesis::StreamConsumer,
              Properties: {ConsumerName: all-reader, StreamARN: !GetAtt Stream.Arn}}
            Items:
              Type: AWS::DynamoDB::Table
              Properties:
                TableName: all-items
                BillingMode: PAY_PER_REQUEST
                AttributeDefinitions:
                  - {AttributeName: id, AttributeType: S}
                  - {AttributeName: at, AttributeType: N}
                  - {AttributeName: who, AttributeType: S}
                KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
                GlobalSecondaryIndexes:
                  - IndexName: by-who
                    KeySchema: [{AttributeName: who, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
                    Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [text]}
                LocalSecondaryIndexes:
                  - IndexName: by-name
                    KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: who, KeyType: RANGE}]
                    Projection: {ProjectionType: KEYS_ONLY}
                TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
                StreamSpecification: {StreamViewType: NEW_IMAGE}
                Tags: [{Key: team, Value: b}]
            Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: all-bucket}}
            Topic:
              Type: AWS::SNS::Topic
              Properties:
                TopicName: all-topic
                DisplayName: All
                Subscription: [{Protocol: sqs, Endpoint: !GetAtt Queue.Arn}]
            Filtered:
              Type: AWS::SNS::Subscription
              Properties:
                TopicArn: !Ref Topic
                Protocol: sqs
                Endpoint: !Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:other"
                FilterPolicy: {price: [{numeric: [">", 5]}], kind: ["a", true]}
                RawMessageDelivery: true
            TopicRights:
              Type: AWS::SNS::TopicPolicy
              Properties:
                Topics: [!Ref Topic]
                PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: sns:Publish, Resource: "*"}}
            Reading:
              Type: AWS::IAM::ManagedPolicy
              Properties:
                ManagedPolicyName: all-reading
                Path: /all/
                PolicyDocument:
                  Statement:
                    - {Effect: Allow, Action: [dynamodb:GetRecords], Resource: !GetAtt Items.StreamArn}
                    - {Effect: Allow, Action: [kinesis:SubscribeToShard], Resource: [!Ref Reader]}
            Role:
              Type: AWS::IAM::Role
              Properties:
                RoleName: all-role
                AssumeRolePolicyDocument:
                  Statement:
                    [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com]}, Action: [sts:AssumeRole]}]
                ManagedPolicyArns:
                  - !Ref Reading
                  - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
                Policies:
                  - PolicyName: own
                    PolicyDocument: {Statement: {Effect: Allow, Action: sqs:*, Resource: !GetAtt Queue.Arn}}
                Tags: [{Key: team, Value: c}]
            More:
              Type: AWS::IAM::Policy
              Properties:
                PolicyName: more
                Roles: [!Ref Role]
                PolicyDocument: {Statement: {Effect: Deny, Action: "*", Resource: "*"}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: all-worker
                Role: !GetAtt Role.Arn
                Events:
                  Fanned:
                    Type: Kinesis
                    Properties: {Stream: !GetAtt Reader.ConsumerARN, StartingPosition: LATEST, Enabled: false}
            """

        @Test("All of it is made in one go, and made once")
        func everything() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            #expect(daemon.log.contains("changed=14"))
            let caller = try daemon.caller()
            let before = try Self.facts(caller)
            let description = try caller.call("DynamoDB_20120810.DescribeTable", ["TableName": "all-items"])
            let table = description["Table"]
            #expect(table?["GlobalSecondaryIndexes"]?.arrayValue?.first?["IndexName"] == "by-who")
            #expect(table?["LocalSecondaryIndexes"]?.arrayValue?.first?["IndexName"] == "by-name")
            let mapping = try #require(try caller.mappings().first)
            #expect(
                mapping["EventSourceArn"]?.stringValue?.contains("stream/all-stream/consumer/all-reader:")
                    == true)
            try daemon.expectGracefulEnd()
            // The same port, because queue URLs hold it.
            let second = try world.start(["--port", daemon.port])
            #expect(second.log.contains("changed=0"))
            #expect(try Self.facts(second.caller()) == before)
        }

        private static func facts(_ caller: AWSCaller) throws -> String {
            let calls: [(String, JSONValue)] = [
                ("Kinesis_20131202.DescribeStreamSummary", ["StreamName": "all-stream"]),
                ("Kinesis_20131202.ListTagsForStream", ["StreamName": "all-stream"]),
                ("DynamoDB_20120810.DescribeTable", ["TableName": "all-items"]),
                ("DynamoDB_20120810.DescribeTimeToLive", ["TableName": "all-items"]),
                (
                    "AmazonSQS.GetQueueAttributes",
                    ["QueueUrl": caller.queueURL("all-queue"), "AttributeNames": ["All"]]
                ),
            ]
            return try calls.map { try caller.call($0.0, $0.1).text }.joined(separator: "\n")
        }

        @Test("What a template cannot change is refused, and nothing is changed")
        func conflicts() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            try world.start().expectGracefulEnd()
            try world.writeTemplate(
                Self.resources.replacing("Path: /all/", with: "Path: /other/")
                    .replacing("DisplayName: All", with: "DisplayName: New"))
            let message = try Self.refusal(world)
            #expect(message.contains("policy all-reading exists with another path"))
            try world.writeTemplate(Self.resources.replacing("IndexName: by-who", with: "IndexName: by-whom"))
            #expect(try Self.refusal(world).contains("Table all-items exists with other indexes"))
            try world.writeTemplate(Self.resources)
            let last = try world.start()
            #expect(last.log.contains("changed=0"))
        }

        private static func refusal(_ world: TestWorld) throws -> String {
            let (ending, message) = try world.binary.refusal([
                "--data", world.dataPath, "--template", world.templatePath,
            ])
            #expect(ending == .code(1))
            return message
        }
    }
}
