import ByteCoding

/// A subscription's filter policy: which messages of the topic it gets.
package struct TopicFilter: Equatable, Sendable {
    /// What the policy looks at.
    package enum Scope: String, Sendable {
        case messageAttributes = "MessageAttributes"
        case messageBody = "MessageBody"
    }

    package let pattern: FilterPattern
    package let scope: Scope

    /// As given, byte for byte.
    package var text: String { pattern.text }

    /// Attributes that one policy may name; nested ones count by their parent (SNS developer guide, "Filter policy
    /// constraints").
    private static let namesMax = 5
    /// Combinations of values that one policy may ask for (same page).
    private static let combinationsMax = 150

    /// - Throws: What is wrong, in SNS's words without `Invalid parameter: `.
    package init(_ text: String, scope: Scope) throws(FilterProblem) {
        let tree: JSONObject
        do throws(JSONError) {
            guard let object = try JSONValue(parsing: Array(text.utf8)).objectValue else {
                throw JSONError(offset: 0, reason: "not an object")
            }
            tree = object
        } catch {
            throw FilterProblem("FilterPolicy: failed to parse JSON.")
        }
        if let problem = FilterPattern.problem(in: text) {
            throw FilterProblem("FilterPolicy: \(problem.reason)")
        }
        if scope == .messageAttributes, Self.isNested(tree) {
            throw FilterProblem("Filter policy scope MessageAttributes does not support nested filter policy")
        }
        guard tree.count <= Self.namesMax else {
            throw FilterProblem("FilterPolicy: Filter policy can not have more than 5 keys")
        }
        guard Self.combinations(of: tree, depth: 1, times: 1) <= Self.combinationsMax else {
            throw FilterProblem("FilterPolicy: Filter policy is too complex")
        }
        do throws(ConfigurationError) {
            pattern = try FilterPattern(text)
        } catch {
            throw FilterProblem("FilterPolicy: \(error)")
        }
        self.scope = scope
    }

    private static func isNested(_ object: JSONObject) -> Bool {
        object.members.contains { member in
            if member.key == "$or" {
                return member.value.arrayValue?.contains { $0.objectValue.map(isNested) ?? false } ?? false
            }
            return member.value.objectValue != nil
        }
    }

    /// The product of each field's number of values times its depth; alternatives add up. Stops above the bound.
    private static func combinations(of object: JSONObject, depth: Int, times start: Int) -> Int {
        var count = start
        for member in object.members where count <= combinationsMax {
            if member.key == "$or" {
                let before = count
                count = (member.value.arrayValue ?? []).reduce(0) { sum, alternative in
                    guard sum <= combinationsMax, let object = alternative.objectValue else { return sum }
                    return sum + combinations(of: object, depth: depth, times: before)
                }
            } else if let inner = member.value.objectValue {
                count = combinations(of: inner, depth: depth + 1, times: count)
            } else {
                count *= max(1, member.value.arrayValue?.count ?? 1) * depth
            }
        }
        return count
    }
}
