import ByteCoding
import EventModel

/// What the file keeps of a stream besides its name and shards.
enum StreamCodec {
    struct Settings: Equatable {
        var kind: StreamDefinition.Kind
        var retentionHours: Int
        var isEnabled: Bool
        var settings: StreamSettings
    }

    static func text(_ stream: StreamDefinition) -> String {
        var members: [(String, JSONValue)] = [
            ("retentionHours", JSONValue(stream.retentionHours)), ("isEnabled", .bool(stream.isEnabled)),
        ]
        switch stream.kind {
        case .kinesis(let isOnDemand): members.append(("isOnDemand", .bool(isOnDemand)))
        case .table(let table, let tableName, let view, let label):
            let facts: [(String, JSONValue)] = [
                ("key", JSONValue(Int(table.rawValue))), ("name", .string(tableName)),
                ("view", .string(view.rawValue)), ("label", .string(label)),
            ]
            members.append(("table", JSONValue(members: facts)))
        }
        return JSONValue(members: members + settingMembers(stream.settings)).text
    }

    static func settings(_ text: String, of name: String) throws(StoreError) -> Settings {
        let json = try StoredJSON(text: text, of: "stream \(name)")
        var kind = StreamDefinition.Kind.kinesis(isOnDemand: json.bool("isOnDemand", or: false))
        if let table = json.member("table") {
            guard let key = table.int("key"), let view = StreamView(rawValue: table.string("view", or: ""))
            else {
                throw .corrupt("the settings of stream \(name) name no table or no view")
            }
            kind = .table(
                TableKey(rawValue: Int64(key)), tableName: table.string("name", or: ""), view: view,
                label: table.string("label", or: ""))
        }
        return Settings(
            kind: kind, retentionHours: json.int("retentionHours", or: 24),
            isEnabled: json.bool("isEnabled", or: true), settings: try settings(json, of: name))
    }
}
