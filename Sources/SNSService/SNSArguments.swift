import AWSWire

/// The parameters of a call, by name: `Attributes.entry.1.key`, `Tags.member.1.Key`.
struct SNSArguments {
    private let values: [String: String]

    init(_ parameters: WireParameters) {
        values = Dictionary(zip(parameters.names, parameters.values), uniquingKeysWith: { first, _ in first })
    }

    subscript(_ name: String) -> String? { values[name] }

    /// - Throws: When there is no value, or an empty one.
    func required(_ name: String) throws(AWSError) -> String {
        guard let value = values[name], !value.isEmpty else { throw .missing(name) }
        return value
    }

    func bool(_ name: String) throws(AWSError) -> Bool {
        switch values[name]?.lowercased() {
        case nil, "false": return false
        case "true": return true
        case .some: throw .invalid("\(name) Reason: must be true or false")
        }
    }

    /// `Name.member.1`, `Name.member.2`, … up to the first gap.
    func list(_ name: String) -> [String] {
        var found: [String] = []
        while let value = values["\(name).member.\(found.count + 1)"] { found.append(value) }
        return found
    }

    /// A map of texts: `Name.entry.N.key` and `.value`, in the order of the numbers.
    func map(_ name: String) -> [(key: String, value: String)] {
        var found: [(key: String, value: String)] = []
        while let key = values["\(name).entry.\(found.count + 1).key"] {
            found.append((key, values["\(name).entry.\(found.count + 1).value"] ?? ""))
        }
        return found
    }

    /// The prefixes of a list's structures, `Name.member.1.` and so on, as long as one of the members is there.
    func structures(_ name: String, having members: [String]) -> [String] {
        var found: [String] = []
        while true {
            let prefix = "\(name).member.\(found.count + 1)."
            guard members.contains(where: { values[prefix + $0] != nil }) else { return found }
            found.append(prefix)
        }
    }

    func tags() throws(AWSError) -> [(key: String, value: String)] {
        var found: [(key: String, value: String)] = []
        for prefix in structures("Tags", having: ["Key", "Value"]) {
            found.append((try required(prefix + "Key"), values[prefix + "Value"] ?? ""))
        }
        return found
    }
}
