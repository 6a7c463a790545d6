import AWSWire
import ByteCoding
import EventModel

extension CallArguments {
    /// A name of letters, digits, `.`, `-` and `_`.
    func ruleName(_ member: String) throws(AWSError) -> String {
        let shown = member.prefix(1).lowercased() + member.dropFirst()
        guard let name = try string(member) else { throw .constraint(nil, at: shown, "not be null") }
        guard !name.isEmpty else {
            throw .constraint(name, at: shown, "have length greater than or equal to 1")
        }
        guard name.utf8.count <= 64 else {
            throw .constraint(name, at: shown, "have length less than or equal to 64")
        }
        guard RuleTarget.isName(name) else {
            throw .constraint(name, at: shown, "satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+")
        }
        return name
    }

    /// The bus that a member names, by name or ARN; the default one when it is not there.
    func bus(_ member: String = "EventBusName", _ call: ServiceCall) throws(AWSError) -> EventBusID {
        guard let text = try string(member) else { return EventBusID(location: call.location) }
        if text.hasPrefix("arn:") {
            guard let id = ARN(text).flatMap({ EventBusID($0) }) else {
                throw .parameter(member, "Provided Arn is not in correct format.")
            }
            return id
        }
        let shown = member.prefix(1).lowercased() + member.dropFirst()
        guard (1...256).contains(text.utf8.count), RuleTarget.isName(text.replacing("/", with: "")) else {
            throw .constraint(
                text, at: shown, "satisfy regular expression pattern: [/\\.\\-_A-Za-z0-9]+")
        }
        return EventBusID(location: call.location, name: text)
    }

    func rule(_ member: String, _ call: ServiceCall) throws(AWSError) -> EventRuleID {
        EventRuleID(bus: try bus("EventBusName", call), name: try ruleName(member))
    }

    /// `Tags`: a list of `Key` and `Value`.
    func tags() throws(AWSError) -> [String: String]? {
        guard let list = try array("Tags") else { return nil }
        var tags: [String: String] = [:]
        for element in list {
            guard let key = element["Key"]?.stringValue, (1...128).contains(key.count),
                let value = element["Value"]?.stringValue, value.count <= 256
            else {
                throw .validation(
                    "Tags have a Key of 1 to 128 characters and a Value of at most 256 characters.")
            }
            tags[key] = value
        }
        return tags
    }

    /// Cuts a sorted list at `Limit` (100 when absent) behind the name in `NextToken`.
    func page<T>(_ all: [T], name: (T) -> String) throws(AWSError) -> (items: [T], next: String?) {
        let limit = try int("Limit") ?? 100
        guard limit >= 1 else {
            throw .constraint(String(limit), at: "limit", "have value greater than or equal to 1")
        }
        guard limit <= 100 else {
            throw .constraint(String(limit), at: "limit", "have value less than or equal to 100")
        }
        var rest = all[...]
        if let token = try string("NextToken") {
            guard let bytes = Base64.decode(token), let last = String(validating: bytes, as: UTF8.self) else {
                throw .parameter("NextToken", "Provided token is not valid.")
            }
            rest = rest.drop { name($0) <= last }
        }
        let items = Array(rest.prefix(limit))
        guard rest.count > limit, let last = items.last else { return (items, nil) }
        return (items, Base64.encode(Array(name(last).utf8)))
    }
}

extension JSONValue {
    /// An object of those members that have a value.
    static func object(having members: [(String, JSONValue?)]) -> JSONValue {
        .object(JSONObject(members.compactMap { name, value in value.map { (name, $0) } }))
    }

    init?(optional text: String?) {
        guard let text else { return nil }
        self = .string(text)
    }
}
