import AWSWire

extension ExpressionParser {
    private static let sections: [String] = ["SET", "REMOVE", "ADD", "DELETE"]

    /// A whole update: up to four sections in any order.
    mutating func update() throws(AWSError) -> UpdateProgram {
        var program = UpdateProgram()
        var seen: Set<String> = []
        while current.kind != .end {
            guard let section = Self.sections.first(where: { current.isKeyword($0) }) else {
                throw syntaxError
            }
            guard seen.insert(section).inserted else {
                throw invalid("The \"\(section)\" section can only be used once in an update expression;")
            }
            take()
            repeat {
                try countOperator()
                program.actions.append(try action(in: section))
            } while take(sign: ",")
        }
        try checkClashes(program.paths)
        return program
    }

    private mutating func action(in section: String) throws(AWSError) -> UpdateProgram.Action {
        let path = try path()
        switch section {
        case "SET":
            try require(sign: "=")
            return .set(path, try assigned())
        case "REMOVE": return .remove(path)
        case "ADD":
            let value = try value()
            try check(value, ["N", "SS", "NS", "BS"], section)
            return .add(path, value)
        default:
            let value = try value()
            try check(value, ["SS", "NS", "BS"], section)
            return .delete(path, value)
        }
    }

    private func check(_ value: AttributeValue, _ types: [String], _ section: String) throws(AWSError) {
        guard !types.contains(value.typeName) else { return }
        throw invalid(
            "Incorrect operand type for operator or function; operator: \(section), operand type: "
                + "\(value.longTypeName), typeSet: ALLOWED_FOR_\(section)_OPERAND")
    }

    /// An operand, or two with `+` or `-` between them.
    private mutating func assigned() throws(AWSError) -> UpdateProgram.Operand {
        if take(sign: "(") {
            try countOperator()
            let inner = try assigned()
            try require(sign: ")")
            return inner
        }
        let left = try updateOperand()
        guard current.isSign("+") || current.isSign("-") else { return left }
        let sign = take().text
        try countOperator()
        let right = try updateOperand()
        for case .value(let value) in [left, right] where value.typeName != "N" {
            throw wrongType(sign, value)
        }
        return sign == "+" ? .sum(left, right) : .difference(left, right)
    }

    private mutating func updateOperand() throws(AWSError) -> UpdateProgram.Operand {
        if current.kind == .valueReference { return .value(try value()) }
        guard isAtFunction else { return .path(try path()) }
        let name = current.text
        guard ["if_not_exists", "list_append"].contains(name) else {
            let known = [
                "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains",
                "size",
            ]
            throw known.contains(name)
                ? invalid("The function is not allowed in an update expression; function: \(name)")
                : invalid("Invalid function name; function: \(name)")
        }
        try countOperator()
        take()
        take()
        var operands: [UpdateProgram.Operand] = []
        while !current.isSign(")") {
            operands.append(try updateOperand())
            guard take(sign: ",") else { break }
        }
        try require(sign: ")")
        guard operands.count == 2 else { throw wrongCount(name, operands.count) }
        guard name == "list_append" else {
            guard case .path(let path) = operands[0] else { throw needsPath(name) }
            return .ifNotExists(path, operands[1])
        }
        for case .value(let value) in operands where value.typeName != "L" { throw wrongType(name, value) }
        return .listAppend(operands[0], operands[1])
    }
}

extension AttributeValue {
    /// The type's name as the errors about `ADD` and `DELETE` spell it.
    fileprivate var longTypeName: String {
        switch self {
        case .string: "STRING"
        case .number: "NUMBER"
        case .binary: "BINARY"
        case .stringSet: "STRING_SET"
        case .numberSet: "NUMBER_SET"
        case .binarySet: "BINARY_SET"
        case .list: "LIST"
        case .map: "MAP"
        case .bool: "BOOLEAN"
        case .null: "NULL"
        }
    }
}
