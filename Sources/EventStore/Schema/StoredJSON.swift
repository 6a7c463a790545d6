import ByteCoding
import EventModel

/// Reads members of stored JSON; a member that is not there has a default, so older files stay readable.
struct StoredJSON {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    /// - Throws: `.corrupt` with `what` when the text is no JSON.
    init(text: String, of what: String) throws(StoreError) {
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw .corrupt("the settings of \(what) are not readable: \(error)")
        }
    }

    func member(_ key: String) -> StoredJSON? {
        value[key].flatMap { $0.isNull ? nil : StoredJSON($0) }
    }

    func int(_ key: String) -> Int? { value[key]?.intValue }
    func int(_ key: String, or fallback: Int) -> Int { int(key) ?? fallback }
    func string(_ key: String) -> String? { value[key]?.stringValue }
    func string(_ key: String, or fallback: String) -> String { string(key) ?? fallback }
    func bool(_ key: String, or fallback: Bool) -> Bool { value[key]?.boolValue ?? fallback }
    func timestamp(_ key: String) -> Timestamp? {
        int(key).map { Timestamp(millisecondsSinceEpoch: Int64($0)) }
    }

    func strings(_ key: String) -> [String: String] {
        guard let members = value[key]?.objectValue?.members else { return [:] }
        var strings: [String: String] = [:]
        for member in members { strings[member.key] = member.value.stringValue }
        return strings
    }
}

extension JSONValue {
    init(_ number: Int) { self = .number(String(number)) }
    init(_ moment: Timestamp) { self = .number(String(moment.millisecondsSinceEpoch)) }
    init(_ arn: ARN?) { self = arn.map { .string($0.description) } ?? .null }
    init(optional number: Int?) { self = number.map { .number(String($0)) } ?? .null }

    /// Sorted, so that equal settings have equal texts.
    init(_ strings: [String: String]) {
        let members: [(String, JSONValue)] = strings.sorted { $0.key < $1.key }.map {
            ($0.key, .string($0.value))
        }
        self = .object(JSONObject(members))
    }

    init(members: [(String, JSONValue)]) { self = .object(JSONObject(members)) }
}
