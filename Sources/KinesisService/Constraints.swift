import AWSWire

/// Collects violations of the API model's constraints and reports them in one `ValidationException`.
struct Constraints {
    private var violations: [String] = []

    /// - Parameter member: The member in lower camel case, as the texts name it: `shardIteratorType`.
    mutating func note(_ value: String, at member: String, _ constraint: String) {
        violations.append("Value '\(value)' at '\(member)' failed to satisfy constraint: \(constraint)")
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

    mutating func required(_ isPresent: Bool, _ member: String) {
        guard !isPresent else { return }
        violations.append("Value null at '\(member)' failed to satisfy constraint: Member must not be null")
    }

    mutating func choice(_ value: String?, at member: String, _ choices: [String]) {
        guard let value, !choices.contains(value) else { return }
        note(value, at: member, "Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
    }

    /// Names of streams and shards: 1 to 128 of `a-z A-Z 0-9 _ . -`.
    mutating func name(_ value: String?, at member: String) {
        guard let value else { return }
        length(value, at: member, 1...128)
        let isSpelled = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if !isSpelled {
            note(value, at: member, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
        }
    }

    func check() throws(AWSError) {
        guard !violations.isEmpty else { return }
        let noun = violations.count == 1 ? "error" : "errors"
        throw AWSError(
            "ValidationException",
            "\(violations.count) validation \(noun) detected: \(violations.joined(separator: "; "))")
    }
}
