import ByteCoding

/// Conditions on a message that is a JSON object: `{ $.level = "ERROR" && $.n > 3 }`.
indirect enum JSONCondition {
    case all([JSONCondition])
    case any([JSONCondition])
    case compare(JSONSelector, Comparison, Operand)
    case isNull(JSONSelector)
    case isTruth(JSONSelector, Bool)
    case isMissing(JSONSelector)

    enum Comparison: String, CaseIterable {
        // Longer ones first: the parser takes the first that fits.
        case atLeast = ">="
        case atMost = "<="
        case different = "!="
        case equal = "="
        case greater = ">"
        case less = "<"
    }

    enum Operand {
        case number(Double)
        /// `*` stands for any characters.
        case text(String)
        case expression(RegularExpression)
    }

    init(parsing text: Substring) throws(PatternProblem) {
        var parser = JSONConditionParser(text)
        self = try parser.parse()
    }

    /// False for a message that is not JSON.
    func matches(message: String) -> Bool {
        // What cannot be read is no match; there is nobody to tell.
        guard let value = try? JSONValue(parsing: Array(message.utf8)) else { return false }
        return matches(value)
    }

    private func matches(_ message: JSONValue) -> Bool {
        switch self {
        case .all(let conditions): conditions.allSatisfy { $0.matches(message) }
        case .any(let conditions): conditions.contains { $0.matches(message) }
        case .compare(let selector, let comparison, let operand):
            selector.values(in: message).contains { Self.holds($0, comparison, operand) }
        case .isNull(let selector): selector.values(in: message).contains { $0.isNull }
        case .isTruth(let selector, let truth):
            selector.values(in: message).contains { $0.boolValue == truth }
        case .isMissing(let selector): selector.values(in: message).isEmpty
        }
    }

    private static func holds(_ value: JSONValue, _ comparison: Comparison, _ operand: Operand) -> Bool {
        switch (comparison, operand) {
        case (.equal, _): return equals(value, operand)
        case (.different, _): return !equals(value, operand)
        case (.greater, .number(let bound)): return value.number.map { $0 > bound } ?? false
        case (.atLeast, .number(let bound)): return value.number.map { $0 >= bound } ?? false
        case (.less, .number(let bound)): return value.number.map { $0 < bound } ?? false
        case (.atMost, .number(let bound)): return value.number.map { $0 <= bound } ?? false
        case (.greater, _), (.atLeast, _), (.less, _), (.atMost, _):
            preconditionFailure("the parser takes numbers only for orders")
        }
    }

    private static func equals(_ value: JSONValue, _ operand: Operand) -> Bool {
        switch operand {
        case .number(let number): return value.number == number
        case .text(let pattern):
            guard let text = value.scalarText else { return false }
            return PatternText.fits(text, pattern)
        case .expression(let expression):
            guard let text = value.scalarText else { return false }
            return expression.matches(text)
        }
    }
}

extension JSONValue {
    fileprivate var number: Double? {
        if case .number = self { return doubleValue }
        return nil
    }

    /// Texts as they are, numbers as they are written.
    fileprivate var scalarText: String? {
        switch self {
        case .string(let text): text
        case .number(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .object, .array: nil
        }
    }
}

/// The place of values in a message: `$.users[0].name`.
struct JSONSelector: Equatable {
    enum Step: Equatable {
        case member(String)
        case element(Int)
        case everyElement
    }

    var steps: [Step]

    /// All values at the place; more than one with `[*]`, none when nothing is there.
    func values(in message: JSONValue) -> [JSONValue] {
        var found = [message]
        for step in steps {
            found = found.flatMap { value -> [JSONValue] in
                switch step {
                case .member(let name): return value.objectValue.flatMap { $0[name] }.map { [$0] } ?? []
                case .element(let index):
                    guard let elements = value.arrayValue, elements.indices.contains(index) else { return [] }
                    return [elements[index]]
                case .everyElement: return value.arrayValue ?? []
                }
            }
        }
        return found
    }
}
