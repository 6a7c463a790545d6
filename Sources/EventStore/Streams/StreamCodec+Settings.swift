import ByteCoding
import EventModel

// MARK: - Settings of Kinesis streams, consumers among them

extension StreamCodec {
    /// Only what differs from the defaults: most streams have none of it.
    static func settingMembers(_ settings: StreamSettings) -> [(String, JSONValue)] {
        let defaults = StreamSettings()
        var members: [(String, JSONValue)] = []
        if settings.maxRecordKiB != defaults.maxRecordKiB {
            members.append(("maxRecordKiB", JSONValue(settings.maxRecordKiB)))
        }
        if !settings.tags.isEmpty { members.append(("tags", JSONValue(settings.tags))) }
        if !settings.shardLevelMetrics.isEmpty {
            members.append(
                ("shardLevelMetrics", .array(settings.shardLevelMetrics.map { .string($0) })))
        }
        if !settings.encryptions.isEmpty {
            members.append(("encryptions", .array(settings.encryptions.map { value(of: $0) })))
        }
        if let policy = settings.policy { members.append(("policy", .string(policy))) }
        if !settings.consumers.isEmpty {
            members.append(("consumers", .array(settings.consumers.map { value(of: $0) })))
        }
        return members
    }

    private static func value(of span: StreamSettings.Encryption) -> JSONValue {
        var members: [(String, JSONValue)] = [("key", .string(span.keyID)), ("start", JSONValue(span.start))]
        if let end = span.end { members.append(("end", JSONValue(end))) }
        return JSONValue(members: members)
    }

    private static func value(of consumer: StreamConsumer) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(consumer.name)), ("created", JSONValue(consumer.createdAt)),
        ]
        if !consumer.tags.isEmpty { members.append(("tags", JSONValue(consumer.tags))) }
        if let policy = consumer.policy { members.append(("policy", .string(policy))) }
        return JSONValue(members: members)
    }

    static func settings(_ json: StoredJSON, of name: String) throws(StoreError) -> StreamSettings {
        var settings = StreamSettings()
        settings.maxRecordKiB = json.int("maxRecordKiB", or: settings.maxRecordKiB)
        settings.tags = json.strings("tags")
        settings.shardLevelMetrics = elements(of: json, "shardLevelMetrics").compactMap(\.value.stringValue)
        settings.policy = json.string("policy")
        for span in elements(of: json, "encryptions") {
            guard let key = span.string("key"), let start = span.timestamp("start") else {
                throw .corrupt("the settings of stream \(name) have an encryption without key or start")
            }
            settings.encryptions.append(
                StreamSettings.Encryption(keyID: key, start: start, end: span.timestamp("end")))
        }
        for consumer in elements(of: json, "consumers") {
            guard let consumerName = consumer.string("name"), let created = consumer.timestamp("created")
            else { throw .corrupt("the settings of stream \(name) have a consumer without name or time") }
            settings.consumers.append(
                StreamConsumer(
                    name: consumerName, createdAt: created, tags: consumer.strings("tags"),
                    policy: consumer.string("policy")))
        }
        return settings
    }

    private static func elements(of json: StoredJSON, _ key: String) -> [StoredJSON] {
        (json.value[key]?.arrayValue ?? []).map { StoredJSON($0) }
    }
}
