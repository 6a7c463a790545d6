import ByteCoding
import EventModel

/// A queue as the API tells it.
struct QueueReport: Equatable {
    let name: String
    let url: String
    /// By AWS's names.
    let attributes: [String: String]
    /// Names of the queues whose dead letters come here.
    let sources: [String]
    /// Newest first.
    let moves: [MoveReport]

    var arn: String { attributes["QueueArn"] ?? "" }
    func count(_ attribute: String) -> Int { attributes[attribute].flatMap { Int($0) } ?? 0 }

    var json: JSONValue {
        let members: [(String, JSONValue)] = [
            ("name", .string(name)), ("url", .string(url)),
            (
                "attributes",
                .object(JSONObject(attributes.sorted { $0.key < $1.key }.map { ($0, .string($1)) }))
            ),
            ("deadLetterSources", .array(sources.map { .string($0) })),
            ("moveTasks", .array(moves.map(\.json))),
        ]
        return .object(JSONObject(members))
    }
}

/// A message move task as `ListMessageMoveTasks` tells it.
struct MoveReport: Equatable {
    let json: JSONValue

    var handle: String? { json["TaskHandle"]?.stringValue }
    var status: String { json["Status"]?.stringValue ?? "" }
    var destination: String? { json["DestinationArn"]?.stringValue }
    var rate: Int? { json["MaxNumberOfMessagesPerSecond"]?.intValue }
    var moved: Int { json["ApproximateNumberOfMessagesMoved"]?.intValue ?? 0 }
    var toMove: Int { json["ApproximateNumberOfMessagesToMove"]?.intValue ?? 0 }
    var failure: String? { json["FailureReason"]?.stringValue }
    var startedAtMilliseconds: Int64 { Int64(json["StartedTimestamp"]?.intValue ?? 0) }
    var isActive: Bool { status == "RUNNING" || status == "CANCELLING" }
}

/// The calls of SQS that `millrace queue` needs.
struct QueueClient {
    private let client: ServiceClient
    var endpoint: String { client.endpoint }

    /// A queue that is there.
    struct Queue: Equatable {
        let name: String
        let url: String
        let arn: String
    }

    init(_ client: ServiceClient) { self.client = client }

    func queue(named name: String) throws(CommandFailure) -> Queue {
        let url: String
        switch try call("GetQueueUrl", ["QueueName": .string(name)]) {
        case .success(let answer):
            guard let found = answer["QueueUrl"]?.stringValue else { throw notUnderstood }
            url = found
        case .failure(let code, let message):
            guard code == "QueueDoesNotExist" else { throw failed(code, message) }
            throw missing(name)
        }
        let attributes = try attributes(of: url)
        guard let arn = attributes["QueueArn"] else { throw notUnderstood }
        return Queue(name: name, url: url, arn: arn)
    }

    func report(of queue: Queue) throws(CommandFailure) -> QueueReport {
        let sources = try ask("ListDeadLetterSourceQueues", ["QueueUrl": .string(queue.url)])
        let urls = (sources["queueUrls"]?.arrayValue ?? []).compactMap(\.stringValue)
        return QueueReport(
            name: queue.name, url: queue.url, attributes: try attributes(of: queue.url),
            sources: urls.map { String($0.split(separator: "/").last ?? "") }, moves: try moves(of: queue))
    }

    func moves(of queue: Queue, limit: Int = 10) throws(CommandFailure) -> [MoveReport] {
        let answer = try ask(
            "ListMessageMoveTasks",
            ["SourceArn": .string(queue.arn), "MaxResults": .number(String(limit))])
        return (answer["Results"]?.arrayValue ?? []).map { MoveReport(json: $0) }
    }

    private func attributes(of url: String) throws(CommandFailure) -> [String: String] {
        let answer = try ask("GetQueueAttributes", ["QueueUrl": .string(url), "AttributeNames": ["All"]])
        var attributes: [String: String] = [:]
        for member in answer["Attributes"]?.objectValue?.members ?? [] {
            attributes[member.key] = member.value.stringValue
        }
        return attributes
    }
}

// MARK: - Calls

extension QueueClient {
    func call(_ operation: String, _ body: JSONValue) throws(CommandFailure) -> ServiceClient.Answer {
        try client.call("AmazonSQS.\(operation)", service: "sqs", version: "1.0", body: body.bytes)
    }

    private func ask(_ operation: String, _ body: JSONValue) throws(CommandFailure) -> JSONValue {
        switch try call(operation, body) {
        case .success(let answer): return answer
        case .failure(let code, let message): throw failed(code, message)
        }
    }

    func failed(_ code: String, _ message: String) -> CommandFailure {
        CommandFailure("\(endpoint) answers \(code): \(message)")
    }

    func missing(_ name: String) -> CommandFailure {
        CommandFailure(
            """
            There is no queue named \(name) at \(endpoint). See those there are with: millrace status
            or create it with: aws --endpoint-url \(endpoint) sqs create-queue --queue-name \(name)
            """)
    }

    private var notUnderstood: CommandFailure {
        CommandFailure("The answer of \(endpoint) is not of the form that AWS's would be.")
    }
}
