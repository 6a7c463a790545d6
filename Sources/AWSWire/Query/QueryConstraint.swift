/// The checks that IAM and STS make of single parameters, in their words.
package struct QueryConstraint: Sendable {
    package let parameters: WireParameters

    package init(_ parameters: WireParameters) { self.parameters = parameters }

    /// A text that has to be there, within bounds of length (characters).
    package func required(_ name: String, _ lengths: ClosedRange<Int>) throws(AWSError) -> String {
        guard let value = try optional(name, lengths) else {
            throw Self.failure("Value null at '\(Self.lowered(name))'", "Member must not be null")
        }
        return value
    }

    package func optional(_ name: String, _ lengths: ClosedRange<Int>) throws(AWSError) -> String? {
        guard let value = parameters[name] else { return nil }
        try Self.checkLength(value, at: Self.lowered(name), lengths)
        return value
    }

    /// A whole number within bounds.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(AWSError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text) else {
            throw AWSError(
                "MalformedInput", "Unable to parse '\(text)' at '\(Self.lowered(name))' as a number.")
        }
        let subject = "Value '\(value)' at '\(Self.lowered(name))'"
        guard value >= range.lowerBound else {
            throw Self.failure(subject, "Member must have value greater than or equal to \(range.lowerBound)")
        }
        guard value <= range.upperBound else {
            throw Self.failure(subject, "Member must have value less than or equal to \(range.upperBound)")
        }
        return value
    }

    package func boolean(_ name: String) throws(AWSError) -> Bool? {
        switch parameters[name]?.lowercased() {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?:
            throw AWSError(
                "MalformedInput", "Unable to parse '\(text)' at '\(Self.lowered(name))' as a Boolean.")
        }
    }

    package func choice(_ name: String, of choices: [String]) throws(AWSError) -> String? {
        guard let value = parameters[name] else { return nil }
        guard choices.contains(value) else {
            throw Self.failure(
                "Value '\(value)' at '\(Self.lowered(name))'",
                "Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
        }
        return value
    }

    /// `Name.member.1`, `Name.member.2`, … up to the first gap.
    package func list(_ name: String) -> [String] {
        var found: [String] = []
        while let value = parameters["\(name).member.\(found.count + 1)"] { found.append(value) }
        return found
    }

    /// The indexes (from 1) for which `Name.member.N` or a member of it is there, up to the first gap.
    package func structures(_ name: String) -> [QueryStructure] {
        var found: [QueryStructure] = []
        while true {
            let prefix = "\(name).member.\(found.count + 1)."
            guard parameters.names.contains(where: { $0.hasPrefix(prefix) }) else { return found }
            found.append(QueryStructure(prefix: prefix, parameters: parameters))
        }
    }

    package static func checkLength(
        _ value: String, at name: String, _ lengths: ClosedRange<Int>
    ) throws(AWSError) {
        let length = value.unicodeScalars.count
        guard length >= lengths.lowerBound else {
            throw failure(
                "Value '\(value)' at '\(name)'",
                "Member must have length greater than or equal to \(lengths.lowerBound)")
        }
        guard length <= lengths.upperBound else {
            throw failure(
                "Value '\(value)' at '\(name)'",
                "Member must have length less than or equal to \(lengths.upperBound)")
        }
    }

    package static func failure(_ subject: String, _ constraint: String) -> AWSError {
        AWSError(
            "ValidationError",
            "1 validation error detected: \(subject) failed to satisfy constraint: \(constraint)")
    }

    /// `RoleName` as the messages write it: `roleName`.
    package static func lowered(_ name: String) -> String {
        guard let first = name.first else { return name }
        return first.lowercased() + name.dropFirst()
    }
}

/// One element of a list of structures in the Query protocol.
package struct QueryStructure: Sendable {
    let prefix: String
    let parameters: WireParameters

    package subscript(_ member: String) -> String? { parameters[prefix + member] }
}
