import EventModel
import Template
import Testing

@Suite("What is wrong with a template")
struct TemplateProblemTests {
    /// A template body below `Resources:` and what is said about it.
    struct Case: CustomTestStringConvertible {
        let resources: String
        let problems: [String]
        var testDescription: String { problems.first ?? resources }

        init(_ resources: String, _ problems: String...) {
            self.resources = resources
            self.problems = problems
        }
    }

    static let cases: [Case] = [
        Case(
            "  Q: {Type: AWS::SQS::Qeue}",
            "2:13: Q is of type AWS::SQS::Qeue, which is not supported. Did you mean AWS::SQS::Queue?"),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {Visibility: 3, DelaySeconds: 901}}",
            "2:43: Visibility of Q (AWS::SQS::Queue) is not supported.",
            "2:72: DelaySeconds of Q (AWS::SQS::Queue) has to be from 0 to 900, but is '901'."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, FifoQueue: true}}",
            "2:42: The name of a FIFO queue has to end with .fifo."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q.fifo, ContentBasedDeduplication: true}}",
            "2:42: A name that ends with .fifo needs FifoQueue: true.",
            "2:62: ContentBasedDeduplication of Q (AWS::SQS::Queue) is not supported: it belongs to FIFO queues; "
                + "FifoQueue: true makes one."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nam}}",
            "2:54: There is no parameter or resource named Nam."),
        Case(
            "  F: {Type: AWS::Serverless::Function, Metadata: {Millrace: {OnSuccess: {In: a}}}, "
                + "Properties: {Runtime: python3.12, Handler: a.b, CodeUri: .}}",
            "2:61: OnSuccess of Metadata.Millrace names the event In, which is not there."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [a, b, c]}}",
            "2:54: !If is not supported; Ref, Fn::GetAtt, Fn::Sub and Fn::Join are."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt P.QueueName}}\n"
                + "  P: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Q.QueueName}}",
            "2:54: The name of P refers to itself in a circle.",
            "3:54: The name of Q refers to itself in a circle."),
        Case(
            "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: a}}\n"
                + "  P: {Type: AWS::SQS::Queue, Properties: {QueueName: a}}",
            "3:3: P has the same name as Q: a."),
        Case(
            "  S: {Type: AWS::Kinesis::Stream}",
            "2:3: AWS::Kinesis::Stream needs ShardCount, or StreamMode ON_DEMAND."),
        Case(
            "  T: {Type: AWS::SQS::Queue, Condition: X}",
            "2:30: Condition of the resource T is not supported."),
        Case(
            "  F: {Type: AWS::Lambda::Function, Properties: {Runtime: cobol85, Handler: a.b, Code: .}}",
            "2:58: Runtime cobol85 is not supported; python3.x, nodejs*, java*, ruby*, dotnet* and provided.* "
                + "are, and any program by Metadata: {Millrace: {Command: […]}}."),
        Case(
            "  F: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.12, Handler: a.b, "
                + "Code: {S3Bucket: b, S3Key: k}}}",
            "2:90: Code has to be a local folder, such as Code: ./handler; code elsewhere is not fetched."),
        Case(
            "  M:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n      FunctionName: f\n"
                + "      EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q'\n      FilterCriteria:\n"
                + "        Filters:\n        - Pattern: '{\"body\":[{\"PREFIX\":\"x\"}]}'\n        - {Name: x}",
            "9:20: The Pattern of a filter of M (AWS::Lambda::EventSourceMapping) is invalid: Unrecognized match "
                + "type PREFIX.",
            "10:11: a filter of M (AWS::Lambda::EventSourceMapping) needs Pattern.",
            "10:12: Name of a filter of M (AWS::Lambda::EventSourceMapping) is not supported."),
        Case(
            "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: f, EventSourceArn: "
                + "'arn:aws:sqs:us-east-1:000000000000:q', BatchSize: 11}}",
            "2:132: M (AWS::Lambda::EventSourceMapping): Maximum batch window in seconds must be greater than 0 "
                + "if maximum batch size is greater than 10"),
    ]

    @Test("Each is named with its line and column", arguments: cases)
    func located(_ example: Case) {
        #expect(TemplateFixture.problems("Resources:\n" + example.resources) == example.problems)
    }

    @Test(
        "Text that is no template is refused at the place where it goes wrong",
        arguments: [
            ("Resources: [", "2:1"), ("a: 1\na: 2", "2:1"), ("a: *b", "1:4"), ("", "1:1"), ("- a", "1:1"),
            ("a: 1\n---\nb: 2", "2:1"), ("Resources: {A: {<<: {}}}", "1:17"), ("a: \"\u{1}\"", "1:5"),
        ] as [(String, String)])
    func syntax(text: String, place: String) {
        let problems = TemplateFixture.problems(text)
        #expect(problems.first?.hasPrefix(place + ": ") == true, "\(problems)")
    }

    @Test("JSON is read strictly, with the line of the mistake")
    func jsonSyntax() {
        do {
            _ = try TemplateFixture.plan("{\"Resources\":\n  {\"Q\": {},}}", path: "shop.json")
            Issue.record("A trailing comma is no JSON.")
        } catch {
            #expect("\(error)".hasPrefix("shop.json:2:"), "\(error)")
            #expect("\(error)".contains("not valid JSON"), "\(error)")
        }
    }

    @Test("A few lines cannot blow up to a document without end")
    func aliasBomb() {
        let levels = (1...12).map {
            "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", ") + "]"
        }
        let problems = TemplateFixture.problems("a0: &a0 x\n" + levels.joined(separator: "\n"))
        #expect(problems.first?.contains("more than 200000 values") == true, "\(problems)")
    }

    @Test("Nesting has an end, by brackets and by aliases")
    func depth() {
        let brackets = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(TemplateFixture.problems("a: " + brackets).first?.contains("Nested deeper") == true)
        let half = String(repeating: "[", count: 40)
        let end = String(repeating: "]", count: 40)
        let problems = TemplateFixture.problems("a: &a \(half)\(end)\nb: \(half)*a\(end)")
        #expect(problems.first?.contains("Nested deeper") == true, "\(problems)")
    }

    @Test("A stream's ARN can go nowhere but into a mapping")
    func streamARN() {
        let problems = TemplateFixture.problems(
            """
            Resources:
              T:
                Type: AWS::DynamoDB::Table
                Properties:
                  BillingMode: PAY_PER_REQUEST
                  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                  KeySchema: [{AttributeName: id, KeyType: HASH}]
              Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt T.StreamArn}}
              M:
                Type: AWS::Lambda::EventSourceMapping
                Properties: {FunctionName: f, EventSourceArn: !GetAtt T.StreamArn, StartingPosition: LATEST}
            """)
        #expect(
            problems == [
                "8:54: QueueName has to be a text.", "11:51: The table shop-T has no StreamSpecification.",
            ])
    }

    @Test("Dead-letter queues in a circle are refused")
    func circle() {
        let problems = TemplateFixture.problems(
            """
            Resources:
              A: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt B.Arn, maxReceiveCount: 1}}}
              B: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt A.Arn, maxReceiveCount: 1}}}
            """)
        #expect(problems == ["2:3: Dead-letter queues refer to each other in a circle: shop-A, shop-B."])
    }

    @Test("Two templates may not make the same thing")
    func twoTemplates() {
        let source = TemplateReader.Source(
            path: "shop.yaml", text: Array("Resources: {Q: {Type: AWS::SQS::Queue}}".utf8))
        let context = TemplateContext(endpoint: "", now: .init(millisecondsSinceEpoch: 0))
        let error = #expect(throws: TemplateError.self) {
            try TemplateReader.plan([source, source], context: context)
        }
        #expect(error?.description == "shop.yaml:1:1: The queue shop-Q is made by another template too.")
    }

    @Test("A file that is not there is said to be so")
    func missingFile() {
        let context = TemplateContext(endpoint: "", now: .init(millisecondsSinceEpoch: 0))
        let error = #expect(throws: TemplateError.self) {
            try TemplateReader.plan(files: ["no/such.yaml"], context: context)
        }
        #expect(error?.description == "no/such.yaml: The file cannot be read: No such file or directory.")
    }
}
