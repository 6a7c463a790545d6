import ByteCoding
import HTTP
import Testing
import WireTesting

/// One recorded exchange: the call, and the calls before it.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    typealias Call = (operation: String, body: JSONValue)

    let operation: String
    let name: String
    let body: JSONValue
    var before: [Call] = []

    var testDescription: String { "\(operation)/\(name)" }
}

@Suite("EventBridge on the wire")
struct GoldenTests {
    @Test("An exchange goes as recorded", arguments: GoldenCases.all)
    func exchange(golden: GoldenCase) throws {
        let world = try EventsWorld()
        for call in golden.before {
            let response = try world.wire.send(EventsWorld.request(call.operation, call.body))
            #expect(response.status == 200, "\(call.operation): \(response.bodyText)")
        }
        let request = EventsWorld.request(golden.operation, golden.body)
        let difference = try Golden(beside: #filePath).difference(
            golden.operation, golden.name, request, try world.wire.send(request))
        #expect(difference == nil, "\(difference ?? "")")
    }
}

enum GoldenCases {
    static let all: [GoldenCase] =
        buses + permissions + rules + ruleLists + targets + moreTargets + events + patterns + tags + others

    private static let queue = JSONValue.string(EventsWorld.queue)
    private static let bus: GoldenCase.Call = (
        "CreateEventBus", ["Name": "shop", "Description": "Sales", "Tags": [["Key": "a", "Value": "1"]]]
    )
    private static let rule: GoldenCase.Call = (
        "PutRule",
        [
            "Name": "all", "EventPattern": #"{"source":["shop"]}"#, "Description": "All sales",
            "RoleArn": "arn:aws:iam::000000000000:role/r", "Tags": [["Key": "a", "Value": "1"]],
        ]
    )
    private static let tick: GoldenCase.Call = (
        "PutRule", ["Name": "tick", "ScheduleExpression": "rate(5 minutes)", "State": "DISABLED"]
    )
    private static let busRule: GoldenCase.Call = (
        "PutRule", ["Name": "all", "EventBusName": "shop", "EventPattern": #"{"source":["shop"]}"#]
    )
    private static let target: GoldenCase.Call = (
        "PutTargets", ["Rule": "all", "Targets": [["Id": "q", "Arn": queue, "InputPath": "$.detail"]]]
    )
    private static let permission: GoldenCase.Call = (
        "PutPermission", ["Action": "events:PutEvents", "Principal": "111122223333", "StatementId": "s1"]
    )

    private static func text(_ count: Int) -> JSONValue { .string(String(repeating: "x", count: count)) }

    private static let buses: [GoldenCase] = [
        GoldenCase(operation: "CreateEventBus", name: "created", body: bus.body),
        GoldenCase(operation: "CreateEventBus", name: "again", body: ["Name": "shop"], before: [bus]),
        GoldenCase(operation: "CreateEventBus", name: "default", body: ["Name": "default"]),
        GoldenCase(operation: "CreateEventBus", name: "no-name", body: [:]),
        GoldenCase(operation: "CreateEventBus", name: "slash", body: ["Name": "a/b"]),
        GoldenCase(operation: "CreateEventBus", name: "bad-name", body: ["Name": "a b"]),
        GoldenCase(
            operation: "CreateEventBus", name: "partner",
            body: ["Name": "a", "EventSourceName": "aws.partner/a"]),
        GoldenCase(operation: "DescribeEventBus", name: "default", body: [:]),
        GoldenCase(operation: "DescribeEventBus", name: "named", body: ["Name": "shop"], before: [bus]),
        GoldenCase(
            operation: "DescribeEventBus", name: "arn",
            body: ["Name": "arn:aws:events:us-east-1:000000000000:event-bus/shop"], before: [bus]),
        GoldenCase(operation: "DescribeEventBus", name: "missing", body: ["Name": "nobody"]),
        GoldenCase(operation: "ListEventBuses", name: "all", body: [:], before: [bus]),
        GoldenCase(operation: "ListEventBuses", name: "prefix", body: ["NamePrefix": "sh"], before: [bus]),
        GoldenCase(operation: "ListEventBuses", name: "page", body: ["Limit": 1], before: [bus]),
        GoldenCase(
            operation: "ListEventBuses", name: "last-page", body: ["NextToken": "ZGVmYXVsdA=="], before: [bus]
        ),
        GoldenCase(operation: "ListEventBuses", name: "bad-token", body: ["NextToken": "?"]),
        GoldenCase(operation: "ListEventBuses", name: "bad-limit", body: ["Limit": 101]),
        GoldenCase(operation: "DeleteEventBus", name: "deleted", body: ["Name": "shop"], before: [bus]),
        GoldenCase(operation: "DeleteEventBus", name: "missing", body: ["Name": "nobody"]),
        GoldenCase(operation: "DeleteEventBus", name: "default", body: ["Name": "default"]),
        GoldenCase(
            operation: "DeleteEventBus", name: "has-rules", body: ["Name": "shop"], before: [bus, busRule]),
    ]

    private static let permissions: [GoldenCase] = [
        GoldenCase(operation: "PutPermission", name: "put", body: permission.body),
        GoldenCase(operation: "DescribeEventBus", name: "policy", body: [:], before: [permission]),
        GoldenCase(
            operation: "PutPermission", name: "policy",
            body: ["Policy": #"{"Version":"2012-10-17","Statement":[]}"#]),
        GoldenCase(operation: "PutPermission", name: "bad-policy", body: ["Policy": "x"]),
        GoldenCase(operation: "PutPermission", name: "nothing", body: [:]),
        GoldenCase(
            operation: "PutPermission", name: "bad-action",
            body: ["Action": "events:PutRule", "Principal": "*", "StatementId": "s"]),
        GoldenCase(
            operation: "PutPermission", name: "bad-principal",
            body: ["Action": "events:PutEvents", "Principal": "me", "StatementId": "s"]),
        GoldenCase(
            operation: "PutPermission", name: "no-bus",
            body: [
                "Action": "events:PutEvents", "Principal": "*", "StatementId": "s", "EventBusName": "nobody",
            ]),
        GoldenCase(
            operation: "RemovePermission", name: "removed", body: ["StatementId": "s1"], before: [permission]),
        GoldenCase(
            operation: "RemovePermission", name: "all", body: ["RemoveAllPermissions": true],
            before: [permission]),
        GoldenCase(
            operation: "RemovePermission", name: "other", body: ["StatementId": "s2"], before: [permission]),
        GoldenCase(operation: "RemovePermission", name: "no-policy", body: ["StatementId": "s1"]),
        GoldenCase(operation: "RemovePermission", name: "nothing", body: [:]),
    ]

    private static let rules: [GoldenCase] = [
        GoldenCase(operation: "PutRule", name: "pattern", body: rule.body),
        GoldenCase(operation: "PutRule", name: "schedule", body: tick.body),
        GoldenCase(operation: "PutRule", name: "custom-bus", body: busRule.body, before: [bus]),
        GoldenCase(operation: "PutRule", name: "nothing", body: ["Name": "a"]),
        GoldenCase(operation: "PutRule", name: "no-name", body: ["ScheduleExpression": "rate(1 day)"]),
        GoldenCase(
            operation: "PutRule", name: "bad-name",
            body: ["Name": "a b", "ScheduleExpression": "rate(1 day)"]),
        GoldenCase(
            operation: "PutRule", name: "long-name",
            body: ["Name": text(65), "ScheduleExpression": "rate(1 day)"]),
        GoldenCase(operation: "PutRule", name: "no-bus", body: busRule.body),
        GoldenCase(
            operation: "PutRule", name: "bad-schedule",
            body: ["Name": "a", "ScheduleExpression": "rate(1 days)"]),
        GoldenCase(
            operation: "PutRule", name: "schedule-elsewhere",
            body: ["Name": "a", "EventBusName": "shop", "ScheduleExpression": "rate(1 day)"], before: [bus]),
        GoldenCase(operation: "PutRule", name: "bad-pattern", body: ["Name": "a", "EventPattern": "[]"]),
        GoldenCase(
            operation: "PutRule", name: "unknown-match",
            body: ["Name": "a", "EventPattern": #"{"a":[{"EXISTS":true}]}"#]),
        GoldenCase(
            operation: "PutRule", name: "bad-state",
            body: ["Name": "a", "ScheduleExpression": "rate(1 day)", "State": "ON"]),
        GoldenCase(
            operation: "PutRule", name: "cloudtrail",
            body: [
                "Name": "a", "EventPattern": #"{"a":["b"]}"#,
                "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            ]),
        GoldenCase(
            operation: "PutRule", name: "long-description",
            body: ["Name": "a", "ScheduleExpression": "rate(1 day)", "Description": text(513)]),
        GoldenCase(operation: "DescribeRule", name: "pattern", body: ["Name": "all"], before: [rule]),
        GoldenCase(operation: "DescribeRule", name: "schedule", body: ["Name": "tick"], before: [tick]),
        GoldenCase(operation: "DescribeRule", name: "missing", body: ["Name": "nobody"]),
        GoldenCase(
            operation: "DescribeRule", name: "no-bus", body: ["Name": "all", "EventBusName": "nobody"]),
        GoldenCase(operation: "DeleteRule", name: "deleted", body: ["Name": "all"], before: [rule]),
        GoldenCase(operation: "DeleteRule", name: "missing", body: ["Name": "nobody"]),
        GoldenCase(
            operation: "DeleteRule", name: "has-targets", body: ["Name": "all"], before: [rule, target]),
        GoldenCase(operation: "EnableRule", name: "enabled", body: ["Name": "tick"], before: [tick]),
        GoldenCase(operation: "EnableRule", name: "missing", body: ["Name": "nobody"]),
        GoldenCase(operation: "DisableRule", name: "disabled", body: ["Name": "all"], before: [rule]),
        GoldenCase(operation: "DisableRule", name: "missing", body: ["Name": "nobody"]),
    ]

    private static let ruleLists: [GoldenCase] = [
        GoldenCase(operation: "ListRules", name: "all", body: [:], before: [rule, tick]),
        GoldenCase(operation: "ListRules", name: "prefix", body: ["NamePrefix": "t"], before: [rule, tick]),
        GoldenCase(operation: "ListRules", name: "page", body: ["Limit": 1], before: [rule, tick]),
        GoldenCase(operation: "ListRules", name: "no-bus", body: ["EventBusName": "nobody"]),
        GoldenCase(operation: "ListRules", name: "bad-limit", body: ["Limit": 0]),
        GoldenCase(
            operation: "ListRuleNamesByTarget", name: "found", body: ["TargetArn": queue],
            before: [rule, tick, target]),
        GoldenCase(
            operation: "ListRuleNamesByTarget", name: "none", body: ["TargetArn": queue], before: [rule]),
        GoldenCase(operation: "ListRuleNamesByTarget", name: "no-target", body: [:]),
        GoldenCase(
            operation: "ListRuleNamesByTarget", name: "no-bus",
            body: ["TargetArn": queue, "EventBusName": "nobody"]),
    ]

    private static func put(_ name: String, _ members: JSONValue) -> GoldenCase {
        var target = JSONObject([("Id", "q"), ("Arn", queue)])
        for (name, value) in members.objectValue ?? JSONObject() { target[name] = value }
        return GoldenCase(
            operation: "PutTargets", name: name, body: ["Rule": "all", "Targets": [.object(target)]],
            before: [rule])
    }

    private static let targets: [GoldenCase] = [
        GoldenCase(operation: "PutTargets", name: "put", body: target.body, before: [rule]),
        put(
            "everything",
            [
                "InputTransformer": [
                    "InputPathsMap": ["a": "$.detail.a"],
                    "InputTemplate": #"{"a":<a>,"r":"<aws.events.rule-arn>"}"#,
                ],
                "DeadLetterConfig": ["Arn": queue],
                "RetryPolicy": ["MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60],
            ]),
        put("bad-id", ["Id": "a b"]),
        put("bad-arn", ["Arn": "orders"]),
        put("unknown-service", ["Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"]),
        put("function", ["Arn": "arn:aws:lambda:us-east-1:000000000000:function:f"]),
        put("fifo-topic", ["Arn": "arn:aws:sns:us-east-1:000000000000:t.fifo"]),
        put("fifo-without-group", ["Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"]),
        put("group-without-fifo", ["SqsParameters": ["MessageGroupId": "g"]]),
        put("stream-without-role", ["Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"]),
        put("two-inputs", ["Input": "1", "InputPath": "$"]),
        put("bad-input", ["Input": "x"]),
        put("bad-path", ["InputPath": "detail"]),
        put("bad-template", ["InputTransformer": ["InputTemplate": "x"]]),
        put("unknown-placeholder", ["InputTransformer": ["InputTemplate": #""<a>""#]]),
        put("bad-dead-letter-queue", ["DeadLetterConfig": ["Arn": "arn:aws:sns:us-east-1:000000000000:t"]]),
        put("bad-retries", ["RetryPolicy": ["MaximumRetryAttempts": 186]]),
        put("unsupported-parameters", ["HttpParameters": [:]]),
    ]

    private static let six: JSONValue = .array(
        (1...6).map { .object(JSONObject([("Id", .string("q\($0)")), ("Arn", queue)])) })

    private static let moreTargets: [GoldenCase] = [
        GoldenCase(
            operation: "PutTargets", name: "too-many", body: ["Rule": "all", "Targets": six], before: [rule]),
        GoldenCase(
            operation: "PutTargets", name: "none", body: ["Rule": "all", "Targets": []], before: [rule]),
        GoldenCase(operation: "PutTargets", name: "no-rule", body: target.body),
        GoldenCase(
            operation: "RemoveTargets", name: "removed", body: ["Rule": "all", "Ids": ["q"]],
            before: [rule, target]),
        GoldenCase(
            operation: "RemoveTargets", name: "one-missing", body: ["Rule": "all", "Ids": ["q", "r"]],
            before: [rule, target]),
        GoldenCase(operation: "RemoveTargets", name: "none", body: ["Rule": "all"], before: [rule]),
        GoldenCase(operation: "RemoveTargets", name: "no-rule", body: ["Rule": "all", "Ids": ["q"]]),
        GoldenCase(
            operation: "ListTargetsByRule", name: "listed", body: ["Rule": "all"], before: [rule, target]),
        GoldenCase(operation: "ListTargetsByRule", name: "none", body: ["Rule": "all"], before: [rule]),
        GoldenCase(operation: "ListTargetsByRule", name: "no-rule", body: ["Rule": "all"]),
    ]

    private static func entry(_ members: JSONValue) -> JSONValue {
        var entry = JSONObject([("Source", "shop"), ("DetailType", "Sale"), ("Detail", "{}")])
        for (name, value) in members.objectValue ?? JSONObject() {
            entry[name] = value.isNull ? nil : value
        }
        return .object(entry)
    }

    private static let events: [GoldenCase] = [
        GoldenCase(
            operation: "PutEvents", name: "put", body: ["Entries": [entry(["Time": 1_700_000_000.5])]],
            before: [rule, target]),
        GoldenCase(
            operation: "PutEvents", name: "some-fail",
            body: [
                "Entries": [
                    entry(["Source": nil]), entry(["DetailType": nil]), entry(["Detail": nil]),
                    entry(["Detail": "x"]), entry(["Detail": "[]"]), entry(["Source": "aws.s3"]), entry([:]),
                ]
            ]),
        GoldenCase(
            operation: "PutEvents", name: "no-such-bus",
            body: ["Entries": [entry(["EventBusName": "nobody"])]]),
        GoldenCase(operation: "PutEvents", name: "none", body: ["Entries": []]),
        GoldenCase(operation: "PutEvents", name: "no-entries", body: [:]),
        GoldenCase(
            operation: "PutEvents", name: "too-many",
            body: ["Entries": .array(Array(repeating: entry([:]), count: 11))]),
        GoldenCase(
            operation: "PutEvents", name: "endpoint", body: ["EndpointId": "a.b", "Entries": [entry([:])]]),
        GoldenCase(
            operation: "PutEvents", name: "bad-bus", body: ["Entries": [entry(["EventBusName": "arn:x"])]]),
        GoldenCase(operation: "PutEvents", name: "bad-type", body: ["Entries": [entry(["Source": 1])]]),
    ]

    private static let event: JSONValue = .string(
        #"{"id":"1","account":"000000000000","source":"shop","time":"2024-01-01T00:00:00Z","region":"us-east-1","#
            + #""resources":[],"detail-type":"Sale","detail":{"n":3}}"#)

    private static func pattern(_ name: String, _ pattern: String) -> GoldenCase {
        GoldenCase(
            operation: "TestEventPattern", name: name,
            body: ["EventPattern": .string(pattern), "Event": event])
    }

    private static let patterns: [GoldenCase] = [
        pattern("match", #"{"detail":{"n":[{"numeric":[">",2]}]}}"#),
        pattern("no-match", #"{"source":[{"anything-but":{"prefix":"sh"}}]}"#),
        pattern("or", #"{"$or":[{"source":["x"]},{"detail-type":[{"wildcard":"S*e"}]}]}"#),
        pattern("not-json", "x"), pattern("scalar-leaf", #"{"source":"shop"}"#),
        pattern("empty-list", #"{"source":[]}"#), pattern("bad-numeric", #"{"a":[{"numeric":["<","1"]}]}"#),
        pattern("bad-cidr", #"{"a":[{"cidr":"10.0.0.0"}]}"#),
        pattern("bad-wildcard", #"{"a":[{"wildcard":"a**b"}]}"#),
        pattern("empty-prefix", #"{"a":[{"anything-but":{"prefix":""}}]}"#),
        GoldenCase(
            operation: "TestEventPattern", name: "bad-event",
            body: ["EventPattern": #"{"source":["shop"]}"#, "Event": "x"]),
        GoldenCase(
            operation: "TestEventPattern", name: "incomplete-event",
            body: ["EventPattern": #"{"source":["shop"]}"#, "Event": #"{"id":"1"}"#]),
        GoldenCase(operation: "TestEventPattern", name: "no-pattern", body: ["Event": event]),
        GoldenCase(operation: "TestEventPattern", name: "no-event", body: ["EventPattern": #"{"a":["b"]}"#]),
    ]

    private static let busARN: JSONValue = "arn:aws:events:us-east-1:000000000000:event-bus/shop"
    private static let ruleARN: JSONValue = "arn:aws:events:us-east-1:000000000000:rule/all"
    private static let newTags: JSONValue = [["Key": "b", "Value": "2"]]

    private static let tags: [GoldenCase] = [
        GoldenCase(
            operation: "TagResource", name: "rule", body: ["ResourceARN": ruleARN, "Tags": newTags],
            before: [rule]),
        GoldenCase(
            operation: "TagResource", name: "missing", body: ["ResourceARN": ruleARN, "Tags": newTags]),
        GoldenCase(operation: "TagResource", name: "bad-arn", body: ["ResourceARN": "x", "Tags": newTags]),
        GoldenCase(operation: "TagResource", name: "no-tags", body: ["ResourceARN": ruleARN], before: [rule]),
        GoldenCase(
            operation: "TagResource", name: "bad-tags",
            body: ["ResourceARN": ruleARN, "Tags": [["Key": "", "Value": "2"]]], before: [rule]),
        GoldenCase(
            operation: "ListTagsForResource", name: "rule", body: ["ResourceARN": ruleARN],
            before: [rule, ("TagResource", ["ResourceARN": ruleARN, "Tags": newTags])]),
        GoldenCase(
            operation: "ListTagsForResource", name: "bus", body: ["ResourceARN": busARN], before: [bus]),
        GoldenCase(operation: "ListTagsForResource", name: "no-bus", body: ["ResourceARN": busARN]),
        GoldenCase(operation: "ListTagsForResource", name: "no-rule", body: ["ResourceARN": ruleARN]),
        GoldenCase(
            operation: "UntagResource", name: "bus", body: ["ResourceARN": busARN, "TagKeys": ["a"]],
            before: [bus]),
        GoldenCase(
            operation: "UntagResource", name: "missing", body: ["ResourceARN": busARN, "TagKeys": ["a"]]),
        GoldenCase(operation: "UntagResource", name: "no-keys", body: ["ResourceARN": busARN], before: [bus]),
    ]

    private static let others: [GoldenCase] = [
        GoldenCase(operation: "CreateArchive", name: "unsupported", body: ["ArchiveName": "a"]),
        GoldenCase(operation: "PutPartnerEvents", name: "unsupported", body: [:]),
    ]
}
