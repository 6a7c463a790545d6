import EventModel
import EventStore
import Template
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("A template against what is there")
struct PlanStepsTests {
    /// A store in a folder of its own.
    private final class World {
        let folder: TemporaryFolder
        let store: EventStore

        init() throws {
            folder = try TemporaryFolder()
            store = try EventStore.open(
                directory: folder.path + "/data", durability: .normal,
                now: { Timestamp(millisecondsSinceEpoch: 1_763_600_000_000) })
        }

        deinit {
            // The folder is temporary; a failure here is not what a test is about.
            try? store.close()
            folder.remove()
        }

        /// How many definitions changed.
        @discardableResult
        func apply(_ resources: String) throws -> Int {
            let context = TemplateContext(
                endpoint: "http://127.0.0.1:4566", now: Timestamp(millisecondsSinceEpoch: 1))
            let plan = try TemplateReader.plan(
                [TemplateReader.Source(path: "shop.yaml", text: Array("Resources:\n\(resources)".utf8))],
                context: context)
            let steps = PlanSteps(plan: plan)
            return try store.perform { writer throws(StoreError) in
                try steps.check(writer)
                return try steps.apply(writer)
            }
        }

        var catalog: CatalogSnapshot { store.catalog.snapshot }
        func role(_ name: String) -> RoleDefinition? {
            catalog.role(named: name, account: Limits.defaultAccount)
        }
    }

    @Test("A template's function is what the template says again; what the API added stays")
    func functionWins() throws {
        let world = try World()
        let template =
            "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Runtime: python3.12, Handler: a.b, Code: /}}"
        #expect(try world.apply(template) == 1)
        #expect(try world.apply(template) == 0)
        let key = FunctionKey(location: Location(), name: "f")
        let made = try #require(world.catalog.family(key)?.latest)
        #expect(!made.revisionID.isEmpty)
        try world.store.perform { writer throws(StoreError) in
            var version = made
            version.version = .number(1)
            try writer.putFunctionVersion(version)
            try writer.putReservedConcurrency(3, of: key)
            var changed = made
            changed.timeoutSeconds = 99
            changed.code = CodePackage(digest: String(repeating: "a", count: 64), size: 1)
            changed.codePath = "/elsewhere"
            try writer.putFunction(changed)
        }
        #expect(try world.apply(template) == 1)
        let family = try #require(world.catalog.family(key))
        #expect(family.latest.timeoutSeconds == 3 && family.latest.code == nil)
        #expect(family.latest.codePath == "/")
        #expect(family.versions[1] != nil && family.reservedConcurrency == 3)
    }

    private static let trust =
        "{Statement: {Effect: Allow, Principal: {Service: a.b}, Action: 'sts:AssumeRole'}}"
    private static let everything = "{Statement: {Effect: Allow, Action: '*', Resource: '*'}}"

    @Test("What a role has besides stays, and its ID too")
    func additive() throws {
        let world = try World()
        let template = """
              R:
                Type: AWS::IAM::Role
                Properties:
                  RoleName: r
                  AssumeRolePolicyDocument: \(Self.trust)
                  ManagedPolicyArns: ["arn:aws:iam::aws:policy/A"]
            """
        #expect(try world.apply(template) == 1)
        var role = try #require(world.role("r"))
        role.attachedPolicies.append("arn:aws:iam::aws:policy/B")
        role.inlinePolicies["own"] = "{}"
        let changed = role
        try world.store.perform { writer throws(StoreError) in try writer.putRole(changed) }
        #expect(try world.apply(template) == 0)
        #expect(world.role("r") == changed)
        let other = template.replacing("RoleName: r", with: "RoleName: r\n      Description: new")
        #expect(try world.apply(other) == 1)
        #expect(world.role("r")?.description == "new")
        #expect(world.role("r")?.id == changed.id)
        #expect(world.role("r")?.inlinePolicies == ["own": "{}"])
    }

    @Test("Another document becomes a managed policy's new version, and five are kept")
    func versions() throws {
        let world = try World()
        for number in 1...7 {
            let changes = try world.apply(
                """
                  P:
                    Type: AWS::IAM::ManagedPolicy
                    Properties:
                      ManagedPolicyName: p
                      PolicyDocument: {Statement: {Effect: Allow, Action: 'a:b\(number)', Resource: '*'}}
                """)
            #expect(changes == 1)
        }
        let policy = world.catalog.managedPolicy(named: "p", account: Limits.defaultAccount)
        #expect(policy?.defaultVersion == 7)
        #expect(policy?.versions.map(\.number) == [3, 4, 5, 6, 7])
        #expect(policy?.document.contains("a:b7") == true)
    }

    @Test(
        "What refers to something that is nowhere is refused before anything is written",
        arguments: [
            "P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [nobody], PolicyDocument: \(everything)}}",
            "P: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [nobody], PolicyDocument: \(everything)}}",
            "R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: \(trust), "
                + "ManagedPolicyArns: ['arn:aws:iam::000000000000:policy/none']}}",
            "S: {Type: AWS::SNS::Subscription, Properties: {TopicArn: 'arn:aws:sns:us-east-1:000000000000:none', "
                + "Protocol: sqs, Endpoint: 'arn:aws:sqs:us-east-1:000000000000:q'}}",
            "F: {Type: AWS::Lambda::Function, Properties: {Runtime: provided, Code: .}}\n"
                + "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F, "
                + "EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:none'}}",
            "S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 1}}\n"
                + "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: nobody, "
                + "StartingPosition: LATEST, EventSourceArn: !GetAtt S.Arn}}",
            "S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 1}}\n"
                + "  F: {Type: AWS::Lambda::Function, Properties: {Runtime: provided, Code: .}}\n"
                + "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F, "
                + "StartingPosition: LATEST, EventSourceArn: !GetAtt S.Arn, DestinationConfig: {OnFailure: "
                + "{Destination: 'arn:aws:sqs:us-east-1:000000000000:none'}}}}",
            "C: {Type: AWS::Kinesis::StreamConsumer, "
                + "Properties: {StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/none'}}",
            "T: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST, AttributeDefinitions: "
                + "[{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]}}\n"
                + "  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: "
                + "{Statement: {Effect: Allow, Action: '*', Resource: !GetAtt T.StreamArn}}}}",
        ])
    func missing(resource: String) throws {
        let world = try World()
        let error = #expect(throws: StoreError.self) {
            try world.apply("  Q: {Type: AWS::SQS::Queue}\n  \(resource)")
        }
        guard case .notFound = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(world.catalog.queues.isEmpty && world.catalog.tables(in: Location()).isEmpty)
    }

    @Test(
        "A stream changes its mode, retention, size and tags in place, and its shards until somebody else does"
    )
    func streams() throws {
        let world = try World()
        try world.apply("  S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 2}}")
        let changes = try world.apply(
            """
              S:
                Type: AWS::Kinesis::Stream
                Properties:
                  Name: s
                  ShardCount: 2
                  RetentionPeriodHours: 48
                  MaxRecordSizeInKiB: 2048
                  Tags: [{Key: a, Value: b}]
            """)
        let stream = world.catalog.stream(named: "s", in: Location())
        #expect(changes == 1)
        #expect(stream?.retentionHours == 48 && stream?.settings.maxRecordKiB == 2_048)
        #expect(stream?.settings.tags == ["a": "b"])
        let onDemand =
            "  S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, StreamModeDetails: {StreamMode: ON_DEMAND}}}"
        #expect(try world.apply(onDemand) == 1)
        #expect(world.catalog.stream(named: "s", in: Location())?.kind == .kinesis(isOnDemand: true))
        #expect(world.catalog.stream(named: "s", in: Location())?.shards.count == 2)
        let three = "  S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 3}}"
        #expect(try world.apply(three) == 1)
        let shards = world.catalog.stream(named: "s", in: Location())?.shards.filter(\.isOpen)
        #expect(shards?.count == 3)
        #expect(try world.apply(three) == 0)
    }

    @Test("A queue's policy stays when the template does not say one")
    func queuePolicy() throws {
        let world = try World()
        let queue = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}"
        let policy = """
              O:
                Type: AWS::SQS::QueuePolicy
                Properties:
                  Queues: [!Ref Q]
                  PolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: 'sqs:*'}}
            """
        #expect(try world.apply("\(queue)\n\(policy)") == 2)
        #expect(try world.apply("\(queue)\n\(policy)") == 0)
        #expect(try world.apply(queue) == 0)
        let stored = world.catalog.queue(named: "q", in: Location())?.attributes.bookkeeping["Policy"]
        #expect(stored == #"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}}"#)
    }

    @Test("A dead-letter queue that does not allow a queue stops the template, unless it was named before")
    func redriveAllowance() throws {
        let world = try World()
        let arn = "arn:aws:sqs:us-east-1:000000000000:dead"
        func queues(_ allowance: String) -> String {
            """
              D:
                Type: AWS::SQS::Queue
                Properties: {QueueName: dead, RedriveAllowPolicy: \(allowance)}
              Q:
                Type: AWS::SQS::Queue
                Properties: {QueueName: orders, RedrivePolicy: {deadLetterTargetArn: '\(arn)', maxReceiveCount: 3}}
            """
        }
        #expect(throws: (any Error).self) { try world.apply(queues("{redrivePermission: denyAll}")) }
        #expect(world.catalog.queues.isEmpty)
        let other =
            "{redrivePermission: byQueue, sourceQueueArns: ['arn:aws:sqs:us-east-1:000000000000:bills']}"
        #expect(throws: (any Error).self) { try world.apply(queues(other)) }
        let allowed =
            "{redrivePermission: byQueue, sourceQueueArns: ['arn:aws:sqs:us-east-1:000000000000:orders']}"
        #expect(try world.apply(queues(allowed)) == 2)
        #expect(try world.apply(queues(allowed)) == 0)
        #expect(try world.apply(queues("{redrivePermission: denyAll}")) == 1)
        for bad in ["{}", "{redrivePermission: byQueue}", "{redrivePermission: never}", "text"] {
            #expect(throws: (any Error).self) { try world.apply(queues(bad)) }
        }
    }
}
