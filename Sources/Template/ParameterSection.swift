/// The `Parameters` of a template: declared types and defaults, and the values given from outside.
struct ParameterSection {
    let problems: ProblemList
    let given: [String: String]

    /// The value of each parameter by name. Those that are wrong are reported and stand as `.invalid`.
    func values(_ section: DocumentNode?) -> [String: Value.Content] {
        var values: [String: Value.Content] = [:]
        for member in section?.members ?? [] { values[member.key] = value(member) }
        if let section, section.members == nil {
            problems.add(section.place, "Parameters has to be a map, but is \(section.kindName).")
        }
        return values
    }

    private func value(_ member: DocumentNode.Member) -> Value.Content {
        let reader = PropertyReader(
            literal(member.value), what: "the parameter \(member.key)", problems: problems)
        let type = reader.required("Type")
        let fallback = reader.text("Default")
        let allowed = reader.texts("AllowedValues")
        let lengths = (reader.integer("MinLength") ?? 0, reader.integer("MaxLength") ?? Int.max)
        let bounds = (
            number(reader, "MinValue") ?? -Double.infinity, number(reader, "MaxValue") ?? Double.infinity
        )
        reader.accept("Description", "ConstraintDescription", "NoEcho")
        reader.refuse("AllowedPattern", "list the AllowedValues instead")
        reader.finish()
        guard let type else { return .invalid }
        guard let text = given[member.key] ?? fallback else {
            if !reader.has("Default") {
                problems.add(
                    member.keyPlace,
                    "The parameter \(member.key) has no default; give it with --parameter \(member.key)=VALUE."
                )
            }
            return .invalid
        }
        if let refusal = refusal(text, type, allowed, lengths, bounds) {
            problems.add(member.keyPlace, "The parameter \(member.key) is '\(text)', but \(refusal).")
            return .invalid
        }
        switch type {
        case "String", "Number": return .text(text)
        case "CommaDelimitedList":
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let trimmed = parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            return .list(trimmed.map { Value(place: member.keyPlace, content: .text($0)) })
        default:
            problems.add(
                reader.value("Type")?.place ?? member.keyPlace,
                "The parameter type \(type) is not supported; String, Number and CommaDelimitedList are.")
            return .invalid
        }
    }

    private func refusal(
        _ text: String, _ type: String, _ allowed: [String]?, _ lengths: (Int, Int),
        _ bounds: (Double, Double)
    ) -> String? {
        if let allowed, !allowed.contains(text) {
            return "has to be one of " + allowed.joined(separator: ", ")
        }
        if text.count < lengths.0 || text.count > lengths.1 {
            return "has to have \(lengths.0) to \(lengths.1) characters"
        }
        guard type == "Number" else { return nil }
        guard let number = Double(text) else { return "has to be a number" }
        return number < bounds.0 || number > bounds.1 ? "is out of bounds" : nil
    }

    private func number(_ reader: PropertyReader, _ key: String) -> Double? {
        guard let text = reader.text(key) else { return nil }
        if let number = Double(text) { return number }
        problems.add(reader.value(key)?.place ?? reader.place, "\(key) has to be a number, but is '\(text)'.")
        return nil
    }

    /// Parameters are read before functions can be carried out, so there must be none.
    private func literal(_ node: DocumentNode) -> Value {
        if node.tag != nil || IntrinsicCall(node) != nil {
            problems.add(node.place, "Functions cannot be used in Parameters.")
            return Value(place: node.place, content: .invalid)
        }
        switch node.content {
        case .scalar(let text, _): return Value(place: node.place, content: .text(text))
        case .sequence(let elements): return Value(place: node.place, content: .list(elements.map(literal)))
        case .mapping(let members):
            return Value(
                place: node.place,
                content: .object(
                    members.map { Value.Member(key: $0.key, keyPlace: $0.keyPlace, value: literal($0.value)) }
                ))
        }
    }
}
