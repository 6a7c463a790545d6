/// Takes the members of a map one by one, and reports in the end what nobody asked for.
final class PropertyReader {
    let place: DocumentNode.Place
    /// For messages: `AWS::SQS::Queue`, `RedrivePolicy`.
    let what: String
    let problems: ProblemList
    let members: [Value.Member]
    private var known: Set<String> = []

    init(_ value: Value, what: String, problems: ProblemList) {
        place = value.place
        self.what = what
        self.problems = problems
        switch value.content {
        case .object(let members): self.members = members
        case .nothing, .invalid: members = []
        case .text, .list, .late:
            members = []
            problems.add(value.place, "\(what) has to be a map, but is \(value.kindName).")
        }
    }

    /// `nil` when it is absent, `AWS::NoValue`, or wrong and reported.
    func value(_ key: String) -> Value? {
        known.insert(key)
        guard let value = members.first(where: { $0.key == key })?.value else { return nil }
        return value.content == .invalid || value.content == .nothing ? nil : value
    }

    /// Whether it is written at all, right or wrong.
    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    func text(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text else { return refuse(value, key, "a text") }
        return text
    }

    func integer(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.text.flatMap({ Int($0) }) else {
            return refuse(value, key, "a whole number")
        }
        guard range.contains(number) else {
            return refuse(value, key, "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func boolean(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        switch value.text?.lowercased() {
        case "true": return true
        case "false": return false
        default: return refuse(value, key, "true or false")
        }
    }

    func choice(_ key: String, of choices: [String]) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text, choices.contains(text) else {
            return refuse(value, key, "one of " + choices.joined(separator: ", "))
        }
        return text
    }

    func list(_ key: String) -> [Value]? {
        guard let value = value(key) else { return nil }
        guard case .list(let elements) = value.content else { return refuse(value, key, "a list") }
        return elements.filter { $0.content != .invalid }
    }

    func texts(_ key: String) -> [String]? {
        guard let elements = list(key) else { return nil }
        return elements.compactMap { element in
            if element.text == nil {
                problems.add(element.place, "\(key) of \(what) has to hold texts only.")
            }
            return element.text
        }
    }

    func object(_ key: String) -> PropertyReader? {
        value(key).map { PropertyReader($0, what: "\(key) of \(what)", problems: problems) }
    }

    /// A map of texts, `{Name: text}`.
    func textMap(_ key: String) -> [String: String]? {
        guard let reader = object(key) else { return nil }
        var result: [String: String] = [:]
        for member in reader.members { result[member.key] = reader.text(member.key) }
        return result
    }

    /// Tags as most resources write them: a list of `{Key, Value}`.
    func tags(_ key: String) -> [String: String] {
        var tags: [String: String] = [:]
        for element in list(key) ?? [] {
            let tag = PropertyReader(element, what: "a tag", problems: problems)
            if let name = tag.required("Key"), let value = tag.required("Value") { tags[name] = value }
            tag.finish()
        }
        return tags
    }

    func required(_ key: String) -> String? {
        if !has(key) { problems.add(place, "\(what) needs \(key).") }
        return text(key)
    }

    /// Refuses a property that AWS has and Millrace does not enforce, in words of its own.
    func refuse(_ key: String, _ reason: String) {
        known.insert(key)
        guard let member = members.first(where: { $0.key == key }) else { return }
        problems.add(member.keyPlace, "\(key) of \(what) is not supported: \(reason).")
    }

    /// Marks properties as looked at elsewhere, or as having no effect here that anybody could miss.
    func accept(_ keys: String...) { known.formUnion(keys) }

    /// Reports every property that was not asked for.
    func finish() {
        for member in members where !known.contains(member.key) {
            let guess = Suggestion.nearest(to: member.key, among: known.sorted()).map {
                " Did you mean \($0)?"
            }
            problems.add(member.keyPlace, "\(member.key) of \(what) is not supported.\(guess ?? "")")
        }
    }

    private func refuse<Result>(_ value: Value, _ key: String, _ expected: String) -> Result? {
        let given = value.text.map { "'\($0)'" } ?? value.kindName
        problems.add(value.place, "\(key) of \(what) has to be \(expected), but is \(given).")
        return nil
    }
}
