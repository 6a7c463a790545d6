import ByteCoding
import HTTPClient

/// Calls the daemon as an SDK would. One a thread.
final class AWSCaller {
    struct Answer {
        let status: Int
        let body: JSONValue
    }

    let address: String
    private let client: HTTPClient

    init(address: String, timeout: Duration) throws {
        self.address = address
        client = try HTTPClient(timeout: timeout)
    }

    /// A call of a JSON service whatever comes back: `AmazonSQS.SendMessage`.
    func answer(_ target: String, _ body: JSONValue) throws -> Answer {
        try send(
            "POST", "/", body,
            [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", target)])
    }

    /// A call of a JSON service that has to succeed.
    @discardableResult
    func call(_ target: String, _ body: JSONValue) throws -> JSONValue {
        let answer = try answer(target, body)
        guard answer.status == 200 else {
            throw HarnessError("\(target) answered \(answer.status): \(answer.body.text)")
        }
        return answer.body
    }

    /// A call of Lambda's REST API, or of a page of our own that is JSON.
    func rest(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> Answer {
        try send(method, path, body, body == nil ? [] : [("Content-Type", "application/json")])
    }

    /// A page that has to be there, as JSON.
    func page(_ path: String) throws -> JSONValue {
        let answer = try rest("GET", path)
        guard answer.status == 200 else {
            throw HarnessError("\(path) answered \(answer.status): \(answer.body.text)")
        }
        return answer.body
    }

    /// Any request, with the answer as text.
    func plain(
        _ method: String, _ path: String, _ headers: [(String, String)]
    ) throws -> (status: Int, text: String) {
        let response = try client.send(method, address + path, headers: headers)
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    /// A page as text.
    func text(_ path: String) throws -> (status: Int, text: String) {
        let response = try client.send("GET", address + path)
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    private func send(
        _ method: String, _ path: String, _ body: JSONValue?, _ headers: [(String, String)]
    ) throws -> Answer {
        let response = try client.send(method, address + path, headers: headers, body: body?.bytes ?? [])
        guard !response.body.isEmpty else { return Answer(status: response.status, body: .null) }
        do {
            return Answer(status: response.status, body: try JSONValue(parsing: response.body))
        } catch {
            throw HarnessError(
                "\(method) \(path) answered \(response.status) with no JSON (\(error)): "
                    + String(decoding: response.body, as: UTF8.self))
        }
    }
}

// MARK: - Queues

extension AWSCaller {
    func queueURL(_ name: String) -> JSONValue { .string("\(address)/000000000000/\(name)") }

    func sendMessage(_ body: String, to queue: String) throws {
        try call("AmazonSQS.SendMessage", ["QueueUrl": queueURL(queue), "MessageBody": .string(body)])
    }

    /// In calls of ten; each call's messages become visible at once.
    func sendMessages(_ bodies: [String], to queue: String) throws {
        for start in stride(from: 0, to: bodies.count, by: 10) {
            let part = bodies[start..<min(start + 10, bodies.count)]
            let entries: [JSONValue] = part.enumerated().map { index, body in
                ["Id": .string("m\(index)"), "MessageBody": .string(body)]
            }
            let answer = try call(
                "AmazonSQS.SendMessageBatch", ["QueueUrl": queueURL(queue), "Entries": .array(entries)])
            guard answer["Successful"]?.arrayValue?.count == part.count else {
                throw HarnessError("not all messages were taken: \(answer.text)")
            }
        }
    }

    /// Up to ten messages with all attributes.
    func receive(from queue: String, wait seconds: Int64 = 0) throws -> [JSONValue] {
        let answer = try call(
            "AmazonSQS.ReceiveMessage",
            [
                "QueueUrl": queueURL(queue), "MaxNumberOfMessages": 10,
                "WaitTimeSeconds": .number("\(seconds)"),
                "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
            ])
        return answer["Messages"]?.arrayValue ?? []
    }

    /// Visible, in flight, delayed.
    func counts(of queue: String) throws -> [Int] {
        let answer = try call(
            "AmazonSQS.GetQueueAttributes", ["QueueUrl": queueURL(queue), "AttributeNames": ["All"]])
        return ["", "NotVisible", "Delayed"].map { suffix in
            answer["Attributes"]?["ApproximateNumberOfMessages\(suffix)"]?.stringValue.flatMap { Int($0) }
                ?? -1
        }
    }
}

// MARK: - Streams

extension AWSCaller {
    struct StoredRecord {
        let sequenceNumber: String
        let text: String
        let arrivalMilliseconds: Int64
    }

    /// One call: the records become readable together. Returns their sequence numbers.
    @discardableResult
    func putRecords(_ records: [(key: String, text: String)], to stream: String) throws -> [String] {
        let entries: [JSONValue] = records.map { record in
            ["PartitionKey": .string(record.key), "Data": .string(Base64.encode(Array(record.text.utf8)))]
        }
        let answer = try call(
            "Kinesis_20131202.PutRecords",
            ["StreamName": .string(stream), "Records": .array(entries)])
        let numbers = (answer["Records"]?.arrayValue ?? []).compactMap { $0["SequenceNumber"]?.stringValue }
        guard answer["FailedRecordCount"]?.intValue == 0, numbers.count == records.count else {
            throw HarnessError("not all records were taken: \(answer.text)")
        }
        return numbers
    }

    /// Records of one key, in one call.
    @discardableResult
    func putRecords(_ texts: [String], key: String = "k", to stream: String) throws -> [String] {
        try putRecords(texts.map { (key: key, text: $0) }, to: stream)
    }

    func shardIDs(of stream: String) throws -> [String] {
        let answer = try call("Kinesis_20131202.ListShards", ["StreamName": .string(stream)])
        return (answer["Shards"]?.arrayValue ?? []).compactMap { $0["ShardId"]?.stringValue }
    }

    /// All that a shard holds, read as a consumer without a mapping would.
    func records(in shard: String, of stream: String) throws -> [StoredRecord] {
        var iterator = try call(
            "Kinesis_20131202.GetShardIterator",
            [
                "StreamName": .string(stream), "ShardId": .string(shard),
                "ShardIteratorType": "TRIM_HORIZON",
            ])["ShardIterator"]
        var found: [StoredRecord] = []
        while let position = iterator, !position.isNull {
            let answer = try call("Kinesis_20131202.GetRecords", ["ShardIterator": position])
            let page = answer["Records"]?.arrayValue ?? []
            guard !page.isEmpty else { break }
            found += try page.map(Self.storedRecord)
            iterator = answer["NextShardIterator"]
        }
        return found
    }

    /// All shards, one after the other.
    func records(of stream: String) throws -> [StoredRecord] {
        try shardIDs(of: stream).flatMap { try records(in: $0, of: stream) }
    }

    private static func storedRecord(_ record: JSONValue) throws -> StoredRecord {
        guard let number = record["SequenceNumber"]?.stringValue,
            let data = record["Data"]?.stringValue.flatMap({ Base64.decode($0) }),
            let arrival = record["ApproximateArrivalTimestamp"]?.doubleValue
        else { throw HarnessError("not a record: \(record.text)") }
        return StoredRecord(
            sequenceNumber: number, text: String(decoding: data, as: UTF8.self),
            arrivalMilliseconds: Int64((arrival * 1_000).rounded()))
    }
}

// MARK: - Mappings

extension AWSCaller {
    static let mappingsPath = "/2015-03-31/event-source-mappings"

    /// All mappings as `ListEventSourceMappings` shows them.
    func mappings() throws -> [JSONValue] {
        try page(Self.mappingsPath)["EventSourceMappings"]?.arrayValue ?? []
    }

    /// The ID of the only mapping of a function.
    func mappingID(of function: String) throws -> String {
        let ids = try mappings().filter { $0["FunctionArn"]?.stringValue?.hasSuffix(":\(function)") == true }
            .compactMap { $0["UUID"]?.stringValue }
        guard ids.count == 1, let id = ids.first else {
            throw HarnessError("\(ids.count) mappings of \(function)")
        }
        return id
    }

    func createMapping(_ settings: JSONValue) throws -> JSONValue {
        let answer = try rest("POST", Self.mappingsPath, settings)
        guard answer.status == 202 else {
            throw HarnessError("CreateEventSourceMapping answered \(answer.status): \(answer.body.text)")
        }
        return answer.body
    }

    func awaitState(_ state: String, of mapping: String) throws {
        try Waiting.until("mapping \(mapping) to be \(state)") {
            try page("\(Self.mappingsPath)/\(mapping)")["State"]?.stringValue == state
        }
    }

    /// Per shard, the sequence number settled last, where there is one.
    func checkpoints(of mapping: String? = nil) throws -> [String: String] {
        let query = mapping.map { "?mapping=\($0)" } ?? ""
        var found: [String: String] = [:]
        for mapping in try page("/_millrace/lag\(query)")["mappings"]?.arrayValue ?? [] {
            for shard in mapping["shards"]?.arrayValue ?? [] {
                guard let name = shard["shard"]?.stringValue else { continue }
                found[name] = shard["checkpoint"]?.stringValue
            }
        }
        return found
    }
}
