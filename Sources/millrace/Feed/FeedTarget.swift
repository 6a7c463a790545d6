import ByteCoding

/// Where records are fed to, with what has to be known about it before the first call.
struct FeedTarget: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        case stream
        case queue(url: String)
        case table(TableKeys)
    }

    /// The primary key of a table, as `DescribeTable` tells it.
    struct TableKeys: Equatable, Sendable {
        struct Attribute: Equatable, Sendable {
            let name: String
            /// `S`, `N` or `B`.
            let type: String
        }

        let hash: Attribute
        let range: Attribute?
    }

    let kind: Kind
    let name: String

    /// Records and bytes of one call (Kinesis `PutRecords`, SQS `SendMessageBatch`, DynamoDB `BatchWriteItem`); for
    /// streams the bytes stay below the 5 MB of AWS so that keys and text forms find room.
    var callLimits: (records: Int, bytes: Int) {
        switch kind {
        case .stream: (500, 4 * 1_048_576)
        case .queue: (10, 1_048_576)
        case .table: (25, 8 * 1_048_576)
        }
    }

    /// Cuts records into calls: no more and no larger than allowed, and no item twice in one call to a table.
    func calls(for records: [FeedRecord]) -> [[FeedRecord]] {
        var calls: [[FeedRecord]] = []
        var call: [FeedRecord] = []
        var bytes = 0
        var keys: Set<String> = []
        let limits = callLimits
        for record in records {
            let size = record.content.count + record.key.utf8.count
            let key = itemKey(record)
            let isTooMuch = call.count == limits.records || bytes + size > limits.bytes
            if !call.isEmpty, isTooMuch || key.map({ keys.contains($0) }) ?? false {
                calls.append(call)
                call = []
                bytes = 0
                keys = []
            }
            call.append(record)
            bytes += size
            if let key { keys.insert(key) }
        }
        if !call.isEmpty { calls.append(call) }
        return calls
    }

    private func itemKey(_ record: FeedRecord) -> String? {
        guard case .table(let keys) = kind else { return nil }
        let item = TableItem(record, keys: keys)
        return item.keyText
    }

    /// Whether the content can be sent at all; queues and tables take text only.
    func accepts(_ record: FeedRecord) -> Bool {
        switch kind {
        case .stream: true
        case .queue, .table: UTF8Text.isValid(record.content.span)
        }
    }
}

// MARK: - Wire

extension FeedTarget {
    func request(_ records: [FeedRecord]) -> FeedRequest {
        var writer = JSONWriter(capacity: 1_024 + records.reduce(0) { $0 + $1.content.count * 2 })
        writer.beginObject()
        switch kind {
        case .stream:
            writer.key("StreamName")
            writer.value(name)
            writer.key("Records")
            writer.beginArray()
            for record in records {
                writer.beginObject()
                writer.key("Data")
                writer.base64(record.content.span)
                writer.key("PartitionKey")
                writer.value(record.key)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return FeedRequest(
                target: "Kinesis_20131202.PutRecords", service: "kinesis", version: "1.1", body: writer.bytes)
        case .queue(let url):
            writer.key("QueueUrl")
            writer.value(url)
            writer.key("Entries")
            writer.beginArray()
            for (index, record) in records.enumerated() {
                writer.beginObject()
                writer.key("Id")
                writer.value(String(index))
                writer.key("MessageBody")
                writer.string(escaping: record.content.span)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return FeedRequest(
                target: "AmazonSQS.SendMessageBatch", service: "sqs", version: "1.0", body: writer.bytes)
        case .table(let keys):
            let puts = records.map { record in
                JSONValue.object(
                    JSONObject([("PutRequest", ["Item": TableItem(record, keys: keys).attributes])]))
            }
            writer.key("RequestItems")
            writer.value(.object(JSONObject([(name, .array(puts))])))
            writer.endObject()
            return FeedRequest(
                target: "DynamoDB_20120810.BatchWriteItem", service: "dynamodb", version: "1.0",
                body: writer.bytes)
        }
    }

    /// How many of a call's records were refused, by AWS's error code.
    func refusals(in answer: JSONValue) -> [String: Int] {
        var refusals: [String: Int] = [:]
        switch kind {
        case .stream:
            for record in answer["Records"]?.arrayValue ?? [] {
                if let code = record["ErrorCode"]?.stringValue { refusals[code, default: 0] += 1 }
            }
        case .queue:
            for entry in answer["Failed"]?.arrayValue ?? [] {
                refusals[entry["Code"]?.stringValue ?? "unknown", default: 0] += 1
            }
        case .table:
            let left = answer["UnprocessedItems"]?[name]?.arrayValue?.count ?? 0
            if left > 0 { refusals["UnprocessedItems"] = left }
        }
        return refusals
    }
}

/// One call as it goes out.
struct FeedRequest {
    let target: String
    let service: String
    let version: String
    let body: [UInt8]
}

/// A record as an item: the members of its JSON object as attributes, the key put in where it is missing.
struct TableItem {
    let attributes: JSONValue
    /// The primary key as text, to find two puts of one item.
    let keyText: String

    init(_ record: FeedRecord, keys: FeedTarget.TableKeys) {
        var members: [(String, JSONValue)] = []
        if let object = Self.object(record.content) {
            members = object.members.map { ($0.key, Self.attribute($0.value)) }
        } else {
            members = [("content", ["S": .string(String(decoding: record.content, as: UTF8.self))])]
        }
        var item = JSONObject(members)
        // A table with a range key keeps every record; without one, records of a key replace each other.
        Self.complete(&item, keys.hash, text: record.key, sequence: record.sequence)
        if let range = keys.range {
            Self.complete(&item, range, text: String(record.sequence), sequence: record.sequence)
        }
        attributes = .object(item)
        let parts = [keys.hash.name, keys.range?.name ?? ""].map { item[$0]?.text ?? "" }
        keyText = parts.joined(separator: "\u{0}")
    }

    private static func object(_ content: [UInt8]) -> JSONObject? {
        do { return try JSONValue(parsing: content).objectValue } catch { return nil }
    }

    private static func complete(
        _ item: inout JSONObject, _ attribute: FeedTarget.TableKeys.Attribute, text: String, sequence: Int
    ) {
        if item[attribute.name]?[attribute.type] != nil { return }
        switch attribute.type {
        case "N": item[attribute.name] = ["N": .string(String(sequence))]
        case "B": item[attribute.name] = ["B": .string(Base64.encode(Array(text.utf8)))]
        default: item[attribute.name] = ["S": .string(text)]
        }
    }

    /// JSON as DynamoDB writes it, each value with its type.
    private static func attribute(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string: ["S": value]
        case .number(let text): ["N": .string(text)]
        case .bool: ["BOOL": value]
        case .null: ["NULL": true]
        case .array(let elements): ["L": .array(elements.map { attribute($0) })]
        case .object(let object):
            ["M": .object(JSONObject(object.members.map { ($0.key, attribute($0.value)) }))]
        }
    }
}
