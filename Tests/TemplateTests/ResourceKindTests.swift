import EventModel
import Template
import Testing

@Suite("Tables, topics, roles and buckets in templates")
struct ResourceKindTests {
    @Test("A table's indexes come local ones first, with the keys' types")
    func indexes() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              T:
                Type: AWS::DynamoDB::Table
                Properties:
                  ProvisionedThroughput: {ReadCapacityUnits: 3, WriteCapacityUnits: 4}
                  AttributeDefinitions:
                    - {AttributeName: id, AttributeType: S}
                    - {AttributeName: at, AttributeType: N}
                    - {AttributeName: who, AttributeType: B}
                  KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
                  GlobalSecondaryIndexes:
                    - IndexName: global
                      KeySchema: [{AttributeName: who, KeyType: HASH}]
                      Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [a, b]}
                      ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 2}
                  LocalSecondaryIndexes:
                    - IndexName: local
                      KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: who, KeyType: RANGE}]
                      Projection: {ProjectionType: ALL}
                  TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
            """)
        let table = try #require(plan.tables.first)
        let id = TableDefinition.KeyAttribute(name: "id", type: "S")
        let who = TableDefinition.KeyAttribute(name: "who", type: "B")
        #expect(
            table.indexes == [
                SecondaryIndex(
                    name: "local", isGlobal: false, hashKey: id, rangeKey: who, projection: .all),
                SecondaryIndex(
                    name: "global", isGlobal: true, hashKey: who, rangeKey: nil,
                    projection: .include(["a", "b"]), readCapacityUnits: 1, writeCapacityUnits: 2),
            ])
        #expect(table.timeToLiveAttribute == "expires")
        #expect(table.readCapacityUnits == 3 && table.writeCapacityUnits == 4)
    }

    @Test("Time to live that is switched off is none")
    func noExpiry() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              T:
                Type: AWS::DynamoDB::Table
                Properties:
                  BillingMode: PAY_PER_REQUEST
                  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                  KeySchema: [{AttributeName: id, KeyType: HASH}]
                  TimeToLiveSpecification: {AttributeName: expires, Enabled: false}
            """)
        #expect(plan.tables.first?.timeToLiveAttribute == nil)
    }

    @Test("A policy document keeps places for ARNs that are not known, and texts stay texts")
    func documents() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              S: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
              C: {Type: AWS::Kinesis::StreamConsumer, Properties: {StreamARN: !GetAtt S.Arn}}
              R:
                Type: AWS::IAM::Role
                Properties:
                  Path: /team/
                  AssumeRolePolicyDocument:
                    Version: 2012-10-17
                    Statement: [{Effect: Allow, Principal: {AWS: 123456789012}, Action: "sts:AssumeRole"}]
                  Policies:
                    - PolicyName: reads
                      PolicyDocument:
                        Statement: {Effect: Allow, Action: "kinesis:*", Resource: [!Ref C, !GetAtt S.Arn]}
              P:
                Type: AWS::IAM::ManagedPolicy
                Properties:
                  PolicyDocument: {Statement: {Effect: Allow, Action: "sts:*", Resource: !GetAtt R.Arn}}
                  Roles: [!Ref R]
            """)
        let role = try #require(plan.roles.first)
        #expect(role.name == "shop-R" && role.path == "/team/" && role.maxSessionSeconds == 3_600)
        #expect(
            role.trustPolicy.pieces == [
                .text(
                    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"#
                        + #""Action":"sts:AssumeRole"}]}"#)
            ])
        let stream = Location().arn("kinesis", "stream/shop-S")
        #expect(
            role.inlinePolicies["reads"]?.pieces == [
                .text(#"{"Statement":{"Effect":"Allow","Action":"kinesis:*","Resource":[""#),
                .arn(.consumer(stream: stream, name: "shop-C")), .text("\",\"\(stream)\"]}}"),
            ])
        let policy = try #require(plan.managedPolicies.first)
        #expect(policy.roles == ["shop-R"])
        #expect(policy.document.text { _ in "" }.contains("arn:aws:iam::000000000000:role/team/shop-R"))
    }

    @Test("A topic's subscriptions keep filters with numbers as numbers")
    func topics() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              Q: {Type: AWS::SQS::Queue}
              T:
                Type: AWS::SNS::Topic
                Properties: {DisplayName: Shop, Subscription: [{Protocol: sqs, Endpoint: !GetAtt Q.Arn}]}
              S:
                Type: AWS::SNS::Subscription
                Properties:
                  TopicArn: !Ref T
                  Protocol: https
                  Endpoint: https://example.org/in
                  RawMessageDelivery: true
                  FilterPolicyScope: MessageBody
                  FilterPolicy: {price: [{numeric: [">=", 5]}], kind: [a, "5", true]}
                  RedrivePolicy: {deadLetterTargetArn: !GetAtt Q.Arn}
              P:
                Type: AWS::SNS::TopicPolicy
                Properties:
                  Topics: [!Ref T]
                  PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: "sns:Publish"}}
              O:
                Type: AWS::SQS::QueuePolicy
                Properties:
                  Queues: [!Ref Q]
                  PolicyDocument: '{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}}'
            """)
        let topic = Location().arn("sns", "shop-T")
        #expect(plan.topics.map(\.settings.displayName) == ["Shop"])
        #expect(plan.subscriptions.map(\.topic) == [topic, topic])
        #expect(plan.subscriptions.first?.endpoint == .queue(Location().arn("sqs", "shop-Q")))
        let settings = try #require(plan.subscriptions.last?.settings)
        #expect(settings.isRaw && settings.redriveTarget == Location().arn("sqs", "shop-Q"))
        #expect(settings.filter?.scope == .messageBody)
        #expect(settings.filter?.text == #"{"price":[{"numeric":[">=",5]}],"kind":["a","5",true]}"#)
        #expect(plan.topicPolicies.map(\.topic) == [topic])
        #expect(plan.queuePolicies.map(\.queueName) == ["shop-Q"])
        #expect(
            plan.queuePolicies.first?.document.pieces
                == [.text(#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}}"#)])
    }

    @Test("A bucket that is given no name gets one that buckets may have")
    func buckets() throws {
        let plan = try TemplateFixture.plan(
            "Resources: {Failed_Records: {Type: AWS::S3::Bucket}}", path: "My_Shop.yaml")
        #expect(plan.buckets == ["my-shop-failed-records"])
    }

    /// A template body below `Resources:` and what is said about it.
    static let refused: [TemplateProblemTests.Case] = [
        .init(
            "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: Shop, VersioningConfiguration: {}}}",
            "2:55: 'Shop' cannot be the name of AWS::S3::Bucket: 3 to 63 lower-case letters, digits, hyphens and "
                + "dots."),
        .init(
            "  B: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}",
            "2:43: VersioningConfiguration of B (AWS::S3::Bucket) is not supported."),
        .init(
            "  R: {Type: AWS::IAM::Role, Properties: {MaxSessionDuration: 10}}",
            "2:41: R (AWS::IAM::Role) needs AssumeRolePolicyDocument.",
            "2:62: MaxSessionDuration of R (AWS::IAM::Role) has to be from 3600 to 43200, but is '10'."),
        .init(
            "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Users: [u],\n"
                + "    PolicyDocument: {Statement: {Effect: Allow, Action: \"*\"}}}}",
            "2:59: Users of P (AWS::IAM::Policy) is not supported: there are no users.",
            "3:21: PolicyDocument of P (AWS::IAM::Policy) is no policy: Policy statement must contain resources."
        ),
        .init(
            "  S: {Type: AWS::SNS::Subscription, Properties: {Protocol: email, Endpoint: a@b.c,\n"
                + "    TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', FilterPolicy: {a: [{huh: 1}]}}}",
            "2:60: Subscriptions of the protocol email are not supported; sqs, http and https are.",
            "3:69: FilterPolicy of S (AWS::SNS::Subscription) is invalid: FilterPolicy: Unrecognized match type huh"
        ),
        .init(
            "  T: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}",
            "2:42: FIFO topics are not supported yet; leave out FifoTopic and the .fifo of the name."),
        .init(
            "  O: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [mine],\n"
                + "    PolicyDocument: {Statement: {Effect: Allow, Principal: \"*\", Action: \"sqs:*\"}}}}",
            "2:57: Queues of O (AWS::SQS::QueuePolicy) has to hold URLs of queues, as !Ref gives them, but holds "
                + "'mine'."),
        .init(
            "  C: {Type: AWS::Kinesis::StreamConsumer, Properties: {StreamARN: 'arn:aws:sqs:us-east-1:1:q'}}",
            "2:67: StreamARN of C (AWS::Kinesis::StreamConsumer) has to be the ARN of a Kinesis stream, but is "
                + "'arn:aws:sqs:us-east-1:1:q'."),
        .init(
            "  T: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST,\n"
                + "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}],\n"
                + "    KeySchema: [{AttributeName: id, KeyType: HASH}], TimeToLiveSpecification: {Enabled: true},\n"
                + "    LocalSecondaryIndexes: [{IndexName: abc, Projection: {ProjectionType: ALL},\n"
                + "      KeySchema: [{AttributeName: id, KeyType: HASH}]}]}}",
            "4:79: TimeToLiveSpecification needs AttributeName, an attribute of 1 to 255 bytes.",
            "5:29: The local index abc needs the table's HASH key and a RANGE key, and so does the table."),
        .init(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref S}}\n"
                + "  S: {Type: AWS::SNS::Subscription, Properties: {Protocol: sqs, TopicArn: !Ref T, "
                + "Endpoint: !GetAtt Q.Arn}}\n  T: {Type: AWS::SNS::Topic}",
            "2:54: Ref of S (AWS::SNS::Subscription) is not supported."),
    ]

    @Test("What is wrong with them is named with its line and column", arguments: refused)
    func located(_ example: TemplateProblemTests.Case) {
        #expect(TemplateFixture.problems("Resources:\n" + example.resources) == example.problems)
    }
}
