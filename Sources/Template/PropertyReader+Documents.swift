import ByteCoding
import EventModel

/// How scalars of a template become JSON.
private enum ScalarForm {
    /// As texts, whatever they look like: account numbers in policies are texts.
    case texts
    /// Unquoted numbers and Booleans stay such.
    case values
}

extension PropertyReader {
    /// A policy document: a map, or the JSON text of one.
    ///
    /// ARNs that are not known yet stay open; the form is checked as if they were there.
    func policyDocument(_ key: String, as use: PolicyDocument.Use) -> LateText? {
        if !has(key) { problems.add(place, "\(what) needs \(key).") }
        guard let value = value(key) else { return nil }
        var text = LateText()
        if let given = value.text {
            text.append(given)
        } else if !append(value, to: &text, .texts) {
            return nil
        }
        let closed = text.text { _ in "arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/L" }
        if let problem = PolicyDocument.problem(in: closed, as: use) {
            problems.add(value.place, "\(key) of \(what) is no policy: \(problem)")
            return nil
        }
        return text
    }

    /// A property that holds JSON, as a map or as its text.
    func json(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        if let text = value.text { return text }
        var text = LateText()
        guard append(value, to: &text, .values) else { return nil }
        var isWhole = true
        let whole = text.text { _ in
            isWhole = false
            return ""
        }
        guard isWhole else {
            problems.add(value.place, "\(key) of \(what) cannot hold an ARN that is not known yet.")
            return nil
        }
        return whole
    }

    /// False when something in it was reported already.
    private func append(_ value: Value, to text: inout LateText, _ form: ScalarForm) -> Bool {
        switch value.content {
        case .text(let scalar):
            let isLiteral = form == .values && value.isPlain && Self.isNumberOrBoolean(scalar)
            text.append(isLiteral ? scalar : JSONValue.string(scalar).text)
            return true
        case .late(let arn):
            text.append("\"")
            text.append(arn)
            text.append("\"")
            return true
        case .list(let elements):
            text.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(",") }
                guard append(element, to: &text, form) else { return false }
            }
            text.append("]")
            return true
        case .object(let members):
            text.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(",") }
                text.append("\(JSONValue.string(member.key).text):")
                guard append(member.value, to: &text, form) else { return false }
            }
            text.append("}")
            return true
        case .nothing, .invalid: return false
        }
    }

    /// Whether the text is a JSON number, `true` or `false`.
    private static func isNumberOrBoolean(_ text: String) -> Bool {
        do throws(JSONError) {
            switch try JSONValue(parsing: Array(text.utf8)) {
            case .number, .bool: return true
            case .string, .object, .array, .null: return false
            }
        } catch {
            return false
        }
    }
}
