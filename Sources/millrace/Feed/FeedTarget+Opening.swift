import ByteCoding

extension FeedTarget {
    /// Finds out what has to be known before the first call, and that the target is there.
    static func open(
        _ kind: String, _ name: String, _ client: ServiceClient
    ) throws(CommandFailure) -> FeedTarget {
        switch kind {
        case "queue":
            let answer = try ask(
                client, "AmazonSQS.GetQueueUrl", "sqs", "1.0", ["QueueName": .string(name)], kind, name)
            guard let url = answer["QueueUrl"]?.stringValue else { throw notUnderstood(client) }
            return FeedTarget(kind: .queue(url: url), name: name)
        case "table":
            let answer = try ask(
                client, "DynamoDB_20120810.DescribeTable", "dynamodb", "1.0", ["TableName": .string(name)],
                kind, name)
            guard let keys = tableKeys(answer) else { throw notUnderstood(client) }
            return FeedTarget(kind: .table(keys), name: name)
        default:
            _ = try ask(
                client, "Kinesis_20131202.DescribeStreamSummary", "kinesis", "1.1",
                ["StreamName": .string(name)],
                kind, name)
            return FeedTarget(kind: .stream, name: name)
        }
    }

    private static func ask(
        _ client: ServiceClient, _ target: String, _ service: String, _ version: String, _ body: JSONValue,
        _ kind: String, _ name: String
    ) throws(CommandFailure) -> JSONValue {
        switch try client.call(target, service: service, version: version, body: body.bytes) {
        case .success(let answer): return answer
        case .failure(let code, let message):
            let isMissing =
                code.contains("NonExistent") || code.contains("DoesNotExist") || code.contains("NotFound")
            guard isMissing else { throw CommandFailure("\(client.endpoint) answers \(code): \(message)") }
            throw CommandFailure(
                "There is no \(kind) named \(name) at \(client.endpoint). Create it with:\n  \(creation(kind, name, client))"
            )
        }
    }

    private static func creation(_ kind: String, _ name: String, _ client: ServiceClient) -> String {
        let aws = "aws --endpoint-url \(client.endpoint)"
        return switch kind {
        case "queue": "\(aws) sqs create-queue --queue-name \(name)"
        case "table":
            "\(aws) dynamodb create-table --table-name \(name) --billing-mode PAY_PER_REQUEST "
                + "--attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH "
                + "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
        default: "\(aws) kinesis create-stream --stream-name \(name) --shard-count 4"
        }
    }

    private static func notUnderstood(_ client: ServiceClient) -> CommandFailure {
        CommandFailure("The answer of \(client.endpoint) is not of the form that AWS's would be.")
    }

    private static func tableKeys(_ answer: JSONValue) -> TableKeys? {
        let table = answer["Table"]
        var types: [String: String] = [:]
        for definition in table?["AttributeDefinitions"]?.arrayValue ?? [] {
            if let name = definition["AttributeName"]?.stringValue {
                types[name] = definition["AttributeType"]?.stringValue
            }
        }
        var keys: [String: TableKeys.Attribute] = [:]
        for element in table?["KeySchema"]?.arrayValue ?? [] {
            guard let name = element["AttributeName"]?.stringValue,
                let role = element["KeyType"]?.stringValue,
                let type = types[name]
            else { continue }
            keys[role] = TableKeys.Attribute(name: name, type: type)
        }
        return keys["HASH"].map { TableKeys(hash: $0, range: keys["RANGE"]) }
    }
}
