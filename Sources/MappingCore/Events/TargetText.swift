package import ByteCoding
package import EventModel

/// Writes what a target gets of an event.
package struct TargetText: Sendable {
    private let rule: EventRuleID
    private let event: [UInt8]
    private let tree: JSONValue
    private let now: Timestamp

    /// - Parameters:
    ///   - event: The event's JSON.
    ///   - tree: The same, read.
    ///   - now: When the bus got it.
    package init(of event: [UInt8], _ tree: JSONValue, for rule: EventRuleID, now: Timestamp) {
        self.event = event
        self.tree = tree
        self.rule = rule
        self.now = now
    }

    /// UTF-8; JSON, but for templates of several lines. A path that leads nowhere gives `null`.
    package func bytes(_ input: RuleTarget.Input) -> [UInt8] {
        switch input {
        case .event: return event
        case .constant(let text): return Array(text.utf8)
        case .part(let path): return (path.value(in: tree) ?? .null).bytes
        case .template(let template, let paths):
            var text = ""
            for piece in template.pieces {
                switch piece {
                case .text(let literal): text += literal
                case .variable(let name, let isInString):
                    let value = value(of: name, paths)
                    text += isInString ? Self.characters(of: value) : (value ?? .string("")).text
                }
            }
            return Array(text.utf8)
        }
    }

    private func value(of name: String, _ paths: [String: EventPath]) -> JSONValue? {
        if let path = paths[name] { return path.value(in: tree) }
        return switch InputTemplate.Predefined(rawValue: name) {
        case .ruleARN: .string(rule.arn.description)
        case .ruleName: .string(rule.name)
        case .ingestionTime: .string(now.iso8601Seconds)
        case .event: withoutDetail
        case .wholeEvent: tree
        case nil: nil
        }
    }

    private var withoutDetail: JSONValue {
        var members = tree.objectValue ?? JSONObject()
        members["detail"] = nil
        return .object(members)
    }

    /// A value inside of a JSON string: texts escaped, objects and lists without their quotation marks.
    private static func characters(of value: JSONValue?) -> String {
        switch value {
        case nil: return ""
        case .string: return String((value?.text ?? "").dropFirst().dropLast())
        case .some(let other):
            let plain = other.text.filter { $0 != "\"" }
            return String(JSONValue.string(plain).text.dropFirst().dropLast())
        }
    }
}
