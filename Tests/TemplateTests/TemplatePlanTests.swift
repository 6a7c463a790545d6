import EventModel
import Template
import Testing

@Suite("What a template asks for")
struct TemplatePlanTests {
    private static let shop = """
        AWSTemplateFormatVersion: "2010-09-09"
        Transform: AWS::Serverless-2016-10-31
        Parameters:
          Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
          Size: {Type: Number, Default: 25}
        Globals:
          Function:
            Timeout: 7
            Runtime: python3.12
            Environment: {Variables: {STAGE: !Ref Stage, COMMON: "yes"}}
        Resources:
          Orders:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: !Sub "${Stage}-orders"
              VisibilityTimeout: 60
              RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
              Tags: [{Key: team, Value: shop}]
          Dead: {Type: AWS::SQS::Queue}
          Clicks:
            Type: AWS::Kinesis::Stream
            Properties: {ShardCount: 4, RetentionPeriodHours: 48}
          Items:
            Type: AWS::DynamoDB::Table
            Properties:
              BillingMode: PAY_PER_REQUEST
              AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
              KeySchema: [{AttributeName: id, KeyType: HASH}]
              StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
          Worker:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: .
              Handler: app.handler
              Environment: {Variables: {QUEUE: !Ref Orders, COMMON: "own"}}
              Events:
                Queue:
                  Type: SQS
                  Properties:
                    Queue: !GetAtt Orders.Arn
                    BatchSize: !Ref Size
                    MaximumBatchingWindowInSeconds: 1
                    FunctionResponseTypes: [ReportBatchItemFailures]
                Stream:
                  Type: Kinesis
                  Properties:
                    Stream: !GetAtt Clicks.Arn
                    StartingPosition: TRIM_HORIZON
                    BisectBatchOnFunctionError: true
                    MaximumRetryAttempts: 2
                    DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}}
                Table:
                  Type: DynamoDB
                  Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: LATEST, Enabled: false}
        """

    @Test("Every queue comes after its dead-letter queue")
    func queues() throws {
        let queues = try TemplateFixture.plan(Self.shop).queues
        #expect(queues.map(\.name) == ["shop-Dead", "dev-orders"])
        #expect(queues.last?.attributes.visibilityTimeoutSeconds == 60)
        #expect(queues.last?.attributes.redrive?.maxReceiveCount == 3)
        #expect(
            queues.last?.attributes.redrive?.deadLetterTarget.description
                == "arn:aws:sqs:us-east-1:000000000000:shop-Dead")
        #expect(queues.last?.tags == ["team": "shop"])
    }

    @Test("Streams and tables keep their settings")
    func streams() throws {
        let plan = try TemplateFixture.plan(Self.shop)
        #expect(plan.streams.map(\.name) == ["shop-Clicks"])
        #expect(plan.streams.first?.shardCount == 4)
        #expect(plan.streams.first?.retentionHours == 48)
        #expect(plan.tables.first?.hashKey == TableDefinition.KeyAttribute(name: "id", type: "S"))
        #expect(plan.tables.first?.streamView == .newAndOldImages)
        #expect(plan.tables.first?.isOnDemand == true)
    }

    @Test("A function gets the common properties below its own")
    func globals() throws {
        let function = try #require(try TemplateFixture.plan(Self.shop).functions.first)
        #expect(function.name == "shop-Worker")
        #expect(function.timeoutSeconds == 7)
        #expect(
            function.environment == [
                "STAGE": "dev", "COMMON": "own", "QUEUE": "http://127.0.0.1:4566/000000000000/dev-orders",
            ])
        guard case .runtime(let identifier, let handler, let path) = function.handler else {
            Issue.record("A Python function is a runtime.")
            return
        }
        #expect(identifier == "python3.12")
        #expect(handler == "app.handler")
        #expect(path.hasPrefix("/") && !path.hasSuffix("/."))
    }

    @Test("Events become mappings of their source to the function")
    func mappings() throws {
        let mappings = try TemplateFixture.plan(Self.shop).mappings
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:shop-Worker"
        #expect(mappings.map(\.functionARN.description) == [arn, arn, arn])
        #expect(
            mappings.map(\.source) == [
                .resource(Location().arn("sqs", "dev-orders")),
                .resource(Location().arn("kinesis", "stream/shop-Clicks")),
                .late(.tableStream(tableName: "shop-Items")),
            ])
        #expect(mappings.map(\.isEnabled) == [true, true, false])
        #expect(mappings.map(\.settings.batchSize) == [25, 100, 100])
        #expect(mappings[0].settings.reportsBatchItemFailures)
        #expect(mappings[1].settings.stream?.bisectsOnError == true)
        #expect(mappings[1].settings.stream?.maximumRetryAttempts == 2)
        #expect(mappings[1].settings.stream?.onFailureDestination == Location().arn("sqs", "shop-Dead"))
        #expect(mappings[2].settings.stream?.startingPosition == .latest)
    }

    private static func metrics(_ groups: String) -> String {
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Orders: {Type: AWS::SQS::Queue}
          Worker:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: python3.12
              Handler: app.handler
              CodeUri: .
              Events:
                In:
                  Type: SQS
                  Properties: {Queue: !GetAtt Orders.Arn, MetricsConfig: {Metrics: [\(groups)]}}
        """
    }

    @Test("A mapping may want the metrics of its events; those of clusters are not for its source")
    func metrics() throws {
        let wanted = try TemplateFixture.plan(Self.metrics("EventCount")).mappings
        #expect(wanted.map(\.settings.metrics) == [[.eventCount]])
        #expect(try TemplateFixture.plan(Self.metrics("")).mappings.map(\.settings.metrics) == [[]])
        let problems = TemplateFixture.problems(Self.metrics("EventCount, KafkaMetrics"))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("Unsupported MetricsConfig parameter") == true)
    }

    @Test("Reading twice gives the same plan")
    func deterministic() throws {
        #expect(try TemplateFixture.plan(Self.shop) == TemplateFixture.plan(Self.shop))
    }

    @Test("A parameter given from outside replaces the default")
    func parameters() throws {
        let plan = try TemplateFixture.plan(Self.shop, parameters: ["Stage": "prod"])
        #expect(plan.queues.last?.name == "prod-orders")
    }

    @Test("A value outside the allowed ones is refused")
    func allowedValues() {
        let problems = TemplateFixture.problems(Self.shop, parameters: ["Stage": "test"])
        #expect(problems == ["4:3: The parameter Stage is 'test', but has to be one of dev, prod."])
    }

    @Test("A parameter that no template has is refused with a guess")
    func unknownParameter() {
        #expect(
            TemplateFixture.problems(Self.shop, parameters: ["Stag": "dev"]) == [
                "0:0: The parameter Stag is given a value, but no template has it. Did you mean Stage?"
            ])
    }

    @Test("A file called template takes the name of its folder")
    func stackName() throws {
        let text = "Resources: {Q: {Type: AWS::SQS::Queue}}"
        #expect(
            try TemplateFixture.plan(text, path: "/a/my shop/template.yaml").queues.first?.name == "my-shop-Q"
        )
        #expect(try TemplateFixture.plan(text, path: "/a/demo.template.yaml").queues.first?.name == "demo-Q")
    }

    @Test("A command stands in metadata and needs neither runtime nor handler")
    func command() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              Cat:
                Type: AWS::Lambda::Function
                Metadata: {Millrace: {Command: [/bin/cat, "-"]}, Other: tool}
                Properties: {FunctionName: cat, Code: .}
            """)
        guard case .command(let words, let folder) = try #require(plan.functions.first).handler else {
            Issue.record("The function is a command.")
            return
        }
        #expect(words == ["/bin/cat", "-"])
        #expect(folder.hasPrefix("/"))
    }

    @Test("On-success destinations stand in the metadata of mappings and of functions with events")
    func onSuccess() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
              S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 1}}
              T: {Type: AWS::Kinesis::Stream, Properties: {Name: t, ShardCount: 1}}
              F:
                Type: AWS::Serverless::Function
                Metadata: {Millrace: {OnSuccess: {In: !GetAtt Q.Arn}}}
                Properties:
                  Runtime: python3.12
                  Handler: app.handler
                  CodeUri: .
                  Events:
                    In: {Type: Kinesis, Properties: {Stream: !GetAtt S.Arn, StartingPosition: LATEST}}
              M:
                Type: AWS::Lambda::EventSourceMapping
                Metadata: {Millrace: {OnSuccess: "arn:aws:s3:::reports"}, Other: tool}
                Properties: {FunctionName: !Ref F, EventSourceArn: !GetAtt T.Arn, StartingPosition: LATEST}
            """)
        #expect(
            plan.mappings.map(\.settings.stream?.onSuccessDestination) == [
                Location().arn("sqs", "q"), ARN("arn:aws:s3:::reports"),
            ])
    }

    @Test("Queue mappings have both destinations of our own, and scaling")
    func queueMapping() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              D: {Type: AWS::SQS::Queue, Properties: {QueueName: d}}
              Q:
                Type: AWS::SQS::Queue
                Properties:
                  QueueName: q
                  RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}
              F:
                Type: AWS::Serverless::Function
                Metadata: {Millrace: {OnSuccess: {In: "arn:aws:s3:::reports"}, OnFailure: {In: !GetAtt D.Arn}}}
                Properties:
                  Runtime: python3.12
                  Handler: app.handler
                  CodeUri: .
                  Events:
                    In:
                      Type: SQS
                      Properties:
                        Queue: !GetAtt Q.Arn
                        ScalingConfig: {MaximumConcurrency: 3}
                        FunctionResponseTypes: [ReportBatchItemFailures]
              M:
                Type: AWS::Lambda::EventSourceMapping
                Metadata: {Millrace: {OnFailure: !GetAtt D.Arn}}
                Properties: {FunctionName: other, EventSourceArn: !GetAtt Q.Arn}
            """)
        let dead = Location().arn("sqs", "d")
        #expect(
            plan.mappings.map(\.settings.queue) == [
                QueueMappingSettings(
                    maximumConcurrency: 3, onFailureDestination: dead,
                    onSuccessDestination: ARN("arn:aws:s3:::reports")),
                QueueMappingSettings(onFailureDestination: dead),
            ])
        #expect(plan.mappings[0].settings.reportsBatchItemFailures)
    }

    @Test("A JSON template with long function names means the same")
    func json() throws {
        let plan = try TemplateFixture.plan(
            """
            {"Resources": {
            \t"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName":
                {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}, {"Fn::Sub": "${AWS::StackName}"}]]}}},
              "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": "other", "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]}, "Enabled": "false"}}}}
            """, path: "shop.json")
        #expect(plan.queues.map(\.name) == ["a-us-east-1-shop"])
        #expect(plan.mappings.first?.isEnabled == false)
        #expect(plan.mappings.first?.functionARN == Location().arn("lambda", "function:other"))
    }

    @Test("Aliases of YAML stand for what their anchor holds")
    func aliases() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              A: &queue {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}
              B: *queue
            """)
        #expect(plan.queues.map(\.attributes.delaySeconds) == [5, 5])
    }

    @Test("AWS::NoValue takes a property out")
    func noValue() throws {
        let plan = try TemplateFixture.plan(
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref AWS::NoValue}}}")
        #expect(plan.queues.first?.name == "shop-Q")
    }

    @Test("Sub keeps literals, takes own values, and leaves the escaped form")
    func substitution() throws {
        let plan = try TemplateFixture.plan(
            """
            Resources:
              Worker:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: provided.al2023
                  CodeUri: .
                  Environment:
                    Variables:
                      TEXT: !Sub ["${Own}/${AWS::AccountId}/${!Kept}/$x", {Own: !Sub "${Worker}"}]
            """)
        #expect(plan.functions.first?.environment["TEXT"] == "shop-Worker/000000000000/${Kept}/$x")
    }
}
