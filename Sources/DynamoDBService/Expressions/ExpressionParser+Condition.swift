import AWSWire

// The grammar, loosest binding first: OR, AND, NOT, then comparisons, BETWEEN, IN, functions and parentheses.
extension ExpressionParser {
    private static let functions: Set<String> = [
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains",
    ]
    private static let typeNames: [String] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"]

    /// A whole condition, filter or key condition.
    mutating func condition() throws(AWSError) -> Condition {
        let condition = try either(depth: 0)
        try requireEnd()
        return condition
    }

    private mutating func either(depth: Int) throws(AWSError) -> Condition {
        var left = try all(depth: depth)
        while take(keyword: "OR") {
            try countOperator()
            left = .or(left, try all(depth: depth))
        }
        return left
    }

    private mutating func all(depth: Int) throws(AWSError) -> Condition {
        var left = try negatable(depth: depth)
        while take(keyword: "AND") {
            try countOperator()
            left = .and(left, try negatable(depth: depth))
        }
        return left
    }

    private mutating func negatable(depth: Int) throws(AWSError) -> Condition {
        var isNegated = false
        while take(keyword: "NOT") {
            try countOperator()
            isNegated.toggle()
        }
        let inner = try primary(depth: depth)
        return isNegated ? .not(inner) : inner
    }

    private mutating func primary(depth: Int) throws(AWSError) -> Condition {
        if current.isSign("(") {
            guard depth < Self.operatorsMax else { throw invalid("The expression is nested too deeply;") }
            take()
            let isDoubled = wholeIsInParentheses
            let inner = try either(depth: depth + 1)
            guard !isDoubled else { throw invalid("The expression has redundant parentheses;") }
            try require(sign: ")")
            return inner
        }
        if isAtFunction, current.text != "size" { return try function() }
        return try comparison()
    }

    private mutating func comparison() throws(AWSError) -> Condition {
        let left = try operand()
        try countOperator()
        if take(keyword: "BETWEEN") {
            let low = try operand()
            guard take(keyword: "AND") else { throw syntaxError }
            let high = try operand()
            for one in [left, low, high] { try checkSortable(one, "BETWEEN") }
            try checkBounds(low, high)
            return .between(left, low, high)
        }
        if take(keyword: "IN") {
            try require(sign: "(")
            var choices: [Condition.Operand] = [try operand()]
            while take(sign: ",") { choices.append(try operand()) }
            try require(sign: ")")
            guard choices.count <= 100 else { throw wrongCount("IN", choices.count) }
            return .anyOf(left, choices)
        }
        guard current.kind == .sign, let comparator = Condition.Comparator(rawValue: current.text) else {
            throw syntaxError
        }
        take()
        let right = try operand()
        if comparator != .equal, comparator != .notEqual {
            try checkSortable(left, comparator.rawValue)
            try checkSortable(right, comparator.rawValue)
        }
        try checkDistinct(left, right, comparator.rawValue)
        return .compare(left, comparator, right)
    }

    private mutating func operand() throws(AWSError) -> Condition.Operand {
        if current.kind == .valueReference { return .value(try value()) }
        guard isAtFunction else { return .path(try path()) }
        let name = current.text
        guard name == "size" else {
            guard Self.functions.contains(name) else { throw unknownFunction(name) }
            throw misplacedFunction(name)
        }
        try countOperator()
        let operands = try arguments()
        guard operands.count == 1 else { throw wrongCount(name, operands.count) }
        switch operands[0] {
        case .path(let path): return .sizeOfPath(path)
        case .value(let value):
            guard value.countedSize != nil else { throw wrongType(name, value) }
            return .sizeOfValue(value)
        case .sizeOfPath, .sizeOfValue: throw misplacedFunction(name)
        }
    }

    /// Name, parenthesis, operands, parenthesis.
    private mutating func arguments() throws(AWSError) -> [Condition.Operand] {
        let name = take().text
        take()
        var operands: [Condition.Operand] = []
        while !current.isSign(")") {
            // One look inside is enough: `size` is the only function that gives an operand, and takes none itself.
            if isAtFunction, name == "size" { throw misplacedFunction(current.text) }
            operands.append(try operand())
            guard take(sign: ",") else { break }
        }
        try require(sign: ")")
        return operands
    }

    private func unknownFunction(_ name: String) -> AWSError {
        invalid("Invalid function name; function: \(name)")
    }

    private func misplacedFunction(_ name: String) -> AWSError {
        invalid("The function is not allowed to be used this way in an expression; function: \(name)")
    }
}

// MARK: - Functions that are conditions

extension ExpressionParser {
    private mutating func function() throws(AWSError) -> Condition {
        let name = current.text
        guard Self.functions.contains(name) else { throw unknownFunction(name) }
        try countOperator()
        let operands = try arguments()
        let wanted = name.hasSuffix("exists") ? 1 : 2
        guard operands.count == wanted else { throw wrongCount(name, operands.count) }
        switch name {
        case "attribute_exists": return .exists(try path(operands[0], of: name))
        case "attribute_not_exists": return .notExists(try path(operands[0], of: name))
        case "attribute_type":
            let path = try path(operands[0], of: name)
            return .hasType(path, try typeName(operands[1], of: name))
        case "begins_with":
            for case .value(let value) in operands where !["S", "B"].contains(value.typeName) {
                throw wrongType(name, value)
            }
            try checkDistinct(operands[0], operands[1], name)
            return .beginsWith(operands[0], operands[1])
        default:
            try checkDistinct(operands[0], operands[1], name)
            return .contains(operands[0], operands[1])
        }
    }

    private func path(_ operand: Condition.Operand, of name: String) throws(AWSError) -> DocumentPath {
        guard case .path(let path) = operand else { throw needsPath(name) }
        return path
    }

    private func typeName(_ operand: Condition.Operand, of name: String) throws(AWSError) -> String {
        guard case .value(let value) = operand else {
            throw invalid(
                "Incorrect operand type for operator or function; operator or function: \(name), "
                    + "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        }
        guard case .string(let bytes) = value else { throw wrongType(name, value) }
        let type = String(decoding: bytes, as: UTF8.self)
        guard Self.typeNames.contains(type) else {
            throw invalid(
                "Invalid attribute type name found; type: \(type), valid types: "
                    + "{\(Self.typeNames.joined(separator: ","))}")
        }
        return type
    }

    // MARK: - Checks of operands

    private func checkSortable(_ operand: Condition.Operand, _ name: String) throws(AWSError) {
        guard case .value(let value) = operand, !["S", "N", "B"].contains(value.typeName) else { return }
        throw wrongType(name, value)
    }

    private func checkBounds(_ low: Condition.Operand, _ high: Condition.Operand) throws(AWSError) {
        guard case .value(let first) = low, case .value(let second) = high else { return }
        guard first.typeName == second.typeName else {
            throw invalid(
                "The BETWEEN operator requires same data type for lower and upper bounds; "
                    + "lower bound operand: \(first.shown), upper bound operand: \(second.shown)")
        }
        guard second.isLess(than: first) != true else {
            throw invalid(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                    + "lower bound operand: \(first.shown), upper bound operand: \(second.shown)")
        }
    }

    private func checkDistinct(
        _ left: Condition.Operand, _ right: Condition.Operand, _ name: String
    ) throws(AWSError) {
        guard case .path(let path) = left, left == right else { return }
        throw invalid(
            "The first operand must be distinct from the remaining operands for this operator or function; "
                + "operator: \(name), first operand: \(path)")
    }
}

extension AttributeValue {
    /// As DynamoDB shows values in its errors: `AttributeValue: {N:1}`.
    var shown: String {
        let text: String =
            switch self {
            case .string(let bytes), .binary(let bytes): String(decoding: bytes, as: UTF8.self)
            case .number(let number): number.description
            case .stringSet, .numberSet, .binarySet, .list, .map, .bool, .null: "…"
            }
        return "AttributeValue: {\(typeName):\(text)}"
    }
}
