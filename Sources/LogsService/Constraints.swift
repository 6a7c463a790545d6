import AWSWire

/// Collects violations of the API model's constraints and reports them in one `InvalidParameterException`.
struct Constraints {
    private var violations: [String] = []

    /// - Parameter member: As the texts name it: `logGroupName`.
    mutating func note(_ value: String, at member: String, _ constraint: String) {
        violations.append("Value '\(value)' at '\(member)' failed to satisfy constraint: \(constraint)")
    }

    mutating func required(_ isPresent: Bool, _ member: String) {
        guard !isPresent else { return }
        violations.append("Value null at '\(member)' failed to satisfy constraint: Member must not be null")
    }

    mutating func range(_ value: Int?, at member: String, _ range: ClosedRange<Int>) {
        guard let value else { return }
        if value < range.lowerBound {
            note(
                "\(value)", at: member, "Member must have value greater than or equal to \(range.lowerBound)")
        } else if value > range.upperBound {
            note("\(value)", at: member, "Member must have value less than or equal to \(range.upperBound)")
        }
    }

    mutating func length(_ value: String?, at member: String, _ range: ClosedRange<Int>) {
        guard let value else { return }
        let count = value.unicodeScalars.count
        if count < range.lowerBound {
            note(value, at: member, "Member must have length greater than or equal to \(range.lowerBound)")
        } else if count > range.upperBound {
            note(value, at: member, "Member must have length less than or equal to \(range.upperBound)")
        }
    }

    /// Lists are not written out.
    mutating func count(_ count: Int, at member: String, _ range: ClosedRange<Int>) {
        if count < range.lowerBound {
            note("[]", at: member, "Member must have length greater than or equal to \(range.lowerBound)")
        } else if count > range.upperBound {
            note("[…]", at: member, "Member must have length less than or equal to \(range.upperBound)")
        }
    }

    /// A group's name or the beginning of one: 1 to 512 of `a-z A-Z 0-9 . - _ / #`.
    mutating func groupName(_ name: String?, at member: String) {
        length(name, at: member, 1...LogsLimits.nameCharacters)
        guard let name else { return }
        let isSpelled = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "#"):
                true
            default: false
            }
        }
        if !isSpelled {
            note(name, at: member, #"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"#)
        }
    }

    /// A stream's name or the beginning of one: 1 to 512 characters without `:` and `*`.
    mutating func streamName(_ name: String?, at member: String) {
        length(name, at: member, 1...LogsLimits.nameCharacters)
        if let name, name.contains(":") || name.contains("*") {
            note(name, at: member, "Member must satisfy regular expression pattern: [^:*]*")
        }
    }

    func check() throws(AWSError) {
        guard !violations.isEmpty else { return }
        let noun = violations.count == 1 ? "error" : "errors"
        throw .invalid(
            "\(violations.count) validation \(noun) detected: \(violations.joined(separator: "; "))")
    }
}
