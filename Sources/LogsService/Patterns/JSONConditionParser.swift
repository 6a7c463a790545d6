/// Reads `{ selector operator value && ( … || … ) }`.
struct JSONConditionParser {
    /// Parentheses in each other (our own).
    private static let depthMax = 32

    private var rest: Substring
    private var depth = 0

    init(_ text: Substring) { rest = text }

    mutating func parse() throws(PatternProblem) -> JSONCondition {
        try expect("{")
        let condition = try alternatives()
        try expect("}")
        skipSpaces()
        guard rest.isEmpty else { throw .invalid("something stands behind the closing brace.") }
        return condition
    }

    private mutating func alternatives() throws(PatternProblem) -> JSONCondition {
        var conditions = [try conjunction()]
        while take("||") { conditions.append(try conjunction()) }
        return conditions.count == 1 ? conditions[0] : .any(conditions)
    }

    private mutating func conjunction() throws(PatternProblem) -> JSONCondition {
        var conditions = [try single()]
        while take("&&") { conditions.append(try single()) }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private mutating func single() throws(PatternProblem) -> JSONCondition {
        guard take("(") else { return try comparison() }
        depth += 1
        guard depth <= Self.depthMax else { throw .invalid("it has too many parentheses in each other.") }
        let condition = try alternatives()
        try expect(")")
        depth -= 1
        return condition
    }

    private mutating func comparison() throws(PatternProblem) -> JSONCondition {
        let selector = try selector()
        if takeWord("IS") {
            if takeWord("NULL") { return .isNull(selector) }
            if takeWord("TRUE") { return .isTruth(selector, true) }
            if takeWord("FALSE") { return .isTruth(selector, false) }
            throw .invalid("behind IS there has to be NULL, TRUE or FALSE.")
        }
        if takeWord("NOT") {
            guard takeWord("EXISTS") else { throw .invalid("behind NOT there has to be EXISTS.") }
            return .isMissing(selector)
        }
        guard let comparison = JSONCondition.Comparison.allCases.first(where: { take($0.rawValue) }) else {
            throw .invalid("a selector has no operator: one of = != < <= > >=, IS or NOT EXISTS.")
        }
        let operand = try operand()
        switch (comparison, operand) {
        case (.equal, _), (.different, _), (_, .number): break
        case (.greater, _), (.atLeast, _), (.less, _), (.atMost, _):
            throw .invalid("\(comparison.rawValue) compares with numbers only.")
        }
        return .compare(selector, comparison, operand)
    }

    private mutating func operand() throws(PatternProblem) -> JSONCondition.Operand {
        skipSpaces()
        switch rest.first {
        case "\"": return .text(try TermPattern.quoted(&rest))
        case "%": return .expression(try TermPattern.expression(&rest))
        default:
            let word = rest.prefix { !$0.isWhitespace && !"(){}&|=<>!\"%".contains($0) }
            guard !word.isEmpty else { throw .invalid("an operator has no value.") }
            rest = rest.dropFirst(word.count)
            guard let number = Double(word), number.isFinite,
                word.first.map({ "+-.0123456789".contains($0) }) == true
            else { return .text(String(word)) }
            return .number(number)
        }
    }

    private mutating func selector() throws(PatternProblem) -> JSONSelector {
        guard take("$") else { throw .invalid("a condition has to begin with a selector such as $.level.") }
        var steps: [JSONSelector.Step] = []
        while let first = rest.first {
            if first == "." {
                rest.removeFirst()
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
                guard !name.isEmpty else { throw .invalid("a selector has a dot without a name behind it.") }
                rest = rest.dropFirst(name.count)
                steps.append(.member(String(name)))
            } else if first == "[" {
                steps.append(try subscription())
            } else {
                break
            }
        }
        guard !steps.isEmpty else { throw .invalid("a selector has to name a member: $.level.") }
        return JSONSelector(steps: steps)
    }

    private mutating func subscription() throws(PatternProblem) -> JSONSelector.Step {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "]") else {
            throw .invalid("a selector has a bracket that does not end.")
        }
        let inner = rest[..<end]
        rest = rest[rest.index(after: end)...]
        if inner == "*" { return .everyElement }
        if let index = Int(inner), index >= 0 { return .element(index) }
        if let quote = inner.first, inner.count >= 3, quote == "'" || quote == "\"", inner.last == quote {
            return .member(String(inner.dropFirst().dropLast()))
        }
        throw .invalid("a selector has [\(inner)], which is neither a number nor *.")
    }
}

// MARK: - Signs

extension JSONConditionParser {
    private mutating func skipSpaces() { rest = rest.drop { $0.isWhitespace } }

    private mutating func take(_ sign: String) -> Bool {
        skipSpaces()
        guard rest.hasPrefix(sign) else { return false }
        rest = rest.dropFirst(sign.count)
        return true
    }

    private mutating func expect(_ sign: String) throws(PatternProblem) {
        guard take(sign) else {
            throw .invalid("\(sign) is missing\(rest.isEmpty ? "" : " before '\(rest.prefix(20))'").")
        }
    }

    /// A word of the language, in any case.
    private mutating func takeWord(_ word: String) -> Bool {
        skipSpaces()
        let found = rest.prefix { $0.isLetter }
        guard found.uppercased() == word else { return false }
        rest = rest.dropFirst(found.count)
        return true
    }
}
