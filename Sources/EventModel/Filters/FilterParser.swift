import ByteCoding

/// Reads the text of a pattern. Reasons are worded like EventBridge's, which tells them to callers.
enum FilterParser {
    static func condition(of text: String) throws(FilterProblem) -> FilterCondition {
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw FilterProblem(error.description)
        }
        guard let object = tree.objectValue else { throw FilterProblem("Filter is not an object") }
        return try condition(of: object, at: [])
    }

    private static func condition(
        of object: JSONObject, at path: [String]
    ) throws(FilterProblem) -> FilterCondition {
        guard !object.isEmpty else { throw FilterProblem("Empty objects are not allowed") }
        var conditions: [FilterCondition] = []
        for (name, value) in object.members {
            if name == "$or" {
                conditions.append(try alternatives(value, at: path))
                continue
            }
            switch value {
            case .object(let inner): conditions.append(try condition(of: inner, at: path + [name]))
            case .array(let tests):
                guard !tests.isEmpty else { throw FilterProblem("Empty arrays are not allowed") }
                conditions.append(.field(try field(tests, at: path, name)))
            case .string, .number, .bool, .null:
                throw FilterProblem("\"\(name)\" must be an object or an array")
            }
        }
        return .all(conditions)
    }

    private static func alternatives(
        _ value: JSONValue, at path: [String]
    ) throws(FilterProblem) -> FilterCondition {
        guard let list = value.arrayValue, !list.isEmpty else {
            throw FilterProblem("$or must be an array of objects")
        }
        var conditions: [FilterCondition] = []
        for element in list {
            guard let object = element.objectValue else {
                throw FilterProblem("$or must be an array of objects")
            }
            conditions.append(try condition(of: object, at: path))
        }
        return .any(conditions)
    }

    private static func field(
        _ tests: [JSONValue], at path: [String], _ name: String
    ) throws(FilterProblem) -> FilterField {
        let names = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var read: [FilterTest] = []
        for test in tests { read.append(try self.test(test)) }
        return FilterField(path: path + names, tests: read)
    }

    private static func test(_ value: JSONValue) throws(FilterProblem) -> FilterTest {
        switch value {
        case .string(let text): return .equals(.text(Array(text.utf8)))
        case .number(let text): return .equals(.number(DecimalValue(text.utf8)))
        case .bool(let flag): return .equals(.flag(flag))
        case .null: return .equals(.null)
        case .array: throw FilterProblem("Match value must be String, number, true, false, or null")
        case .object(let object):
            guard object.count == 1, let (name, operand) = object.members.first else {
                throw FilterProblem("Only one key allowed in match expression")
            }
            return try test(name, operand)
        }
    }

    private static func test(_ name: String, _ operand: JSONValue) throws(FilterProblem) -> FilterTest {
        switch name {
        case "exists":
            guard let flag = operand.boolValue else {
                throw FilterProblem("exists match pattern must be either true or false.")
            }
            return .exists(flag)
        case "prefix": return .prefix(try edge(name, operand))
        case "suffix": return .suffix(try edge(name, operand))
        case "equals-ignore-case":
            return .equalsIgnoringCase(FilterText(try text(name, operand), ignoresCase: true))
        case "wildcard": return .wildcard(try wildcard(text(name, operand)))
        case "cidr": return .addressBlock(try FilterAddressBlock(text(name, operand)))
        case "numeric": return try numeric(operand)
        case "anything-but": return .anythingBut(try exclusions(operand))
        default: throw FilterProblem("Unrecognized match type \(name)")
        }
    }

    private static func text(_ name: String, _ operand: JSONValue) throws(FilterProblem) -> String {
        guard let text = operand.stringValue else {
            throw FilterProblem("\(name) match pattern must be a string")
        }
        return text
    }

    /// The operand of `prefix` and `suffix`: a text, or one without regard to case.
    private static func edge(_ name: String, _ operand: JSONValue) throws(FilterProblem) -> FilterText {
        guard let object = operand.objectValue else { return FilterText(try text(name, operand)) }
        guard object.count == 1, let inner = object["equals-ignore-case"] else {
            throw FilterProblem("\(name) match pattern must be a string")
        }
        return FilterText(try text("equals-ignore-case", inner), ignoresCase: true)
    }
}

// MARK: - Wildcards

extension FilterParser {
    /// Cuts at the stars; `\*` and `\\` stand for themselves, no other escape exists.
    private static func wildcard(_ text: String) throws(FilterProblem) -> FilterWildcard {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        var wasStar = false
        for (position, byte) in text.utf8.enumerated() {
            if isEscaped {
                guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else {
                    throw FilterProblem("Invalid escape character at pos \(position)")
                }
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                wasStar = false
                continue
            } else if byte == UInt8(ascii: "*") {
                guard !wasStar else {
                    throw FilterProblem("Consecutive wildcard characters at pos \(position)")
                }
                wasStar = true
                parts.append([])
                continue
            }
            wasStar = false
            parts[parts.count - 1].append(byte)
        }
        guard !isEscaped else { throw FilterProblem("Invalid escape character at the end") }
        return FilterWildcard(parts: parts)
    }
}

// MARK: - Numbers

extension FilterParser {
    private static func numeric(_ operand: JSONValue) throws(FilterProblem) -> FilterTest {
        guard let list = operand.arrayValue else { throw FilterProblem("Value of numeric must be an array.") }
        guard list.count == 2 || list.count == 4 else { throw FilterProblem("Bad numeric range operator") }
        var lower: FilterBound?
        var upper: FilterBound?
        for place in stride(from: 0, to: list.count, by: 2) {
            guard let sign = list[place].stringValue else {
                throw FilterProblem("Invalid member in numeric match")
            }
            guard case .number(let text) = list[place + 1] else {
                throw FilterProblem("Value of \(sign) must be numeric")
            }
            let value = DecimalValue(text.utf8)
            switch sign {
            case "=" where list.count == 2:
                let bound = FilterBound(value, isIncluded: true)
                return .numeric(lower: bound, upper: bound)
            case ">", ">=":
                guard lower == nil else { throw FilterProblem("Bad numeric range operator: \(sign)") }
                lower = FilterBound(value, isIncluded: sign == ">=")
            case "<", "<=":
                guard upper == nil else { throw FilterProblem("Bad numeric range operator: \(sign)") }
                upper = FilterBound(value, isIncluded: sign == "<=")
            default: throw FilterProblem("Unrecognized numeric range operator: \(sign)")
            }
        }
        if let lower, let upper {
            let isOnePoint = lower.value == upper.value && lower.isIncluded && upper.isIncluded
            guard lower.value < upper.value || isOnePoint else {
                throw FilterProblem("Bottom must be less than top")
            }
        }
        return .numeric(lower: lower, upper: upper)
    }
}

// MARK: - Anything but

extension FilterParser {
    private static func exclusions(_ operand: JSONValue) throws(FilterProblem) -> [FilterTest] {
        switch operand {
        case .string, .number: return [try test(operand)]
        case .array(let list): return try values(list)
        case .object(let object):
            guard object.count == 1, let (name, inner) = object.members.first else {
                throw FilterProblem("Only one key allowed in match expression")
            }
            return try nested(name, inner)
        case .bool, .null:
            throw FilterProblem("Value of anything-but must be an array or single string/number value.")
        }
    }

    private static func values(_ list: [JSONValue]) throws(FilterProblem) -> [FilterTest] {
        guard !list.isEmpty else { throw FilterProblem("Empty arrays are not allowed") }
        let texts = list.count { $0.stringValue != nil }
        let numbers = list.count { if case .number = $0 { true } else { false } }
        guard texts + numbers == list.count else {
            throw FilterProblem("Inside anything but list, start|null|boolean is not supported.")
        }
        guard texts == 0 || numbers == 0 else {
            throw FilterProblem("Inside anything but list, either all values are number or string")
        }
        var tests: [FilterTest] = []
        for value in list { tests.append(try test(value)) }
        return tests
    }

    private static func nested(_ name: String, _ operand: JSONValue) throws(FilterProblem) -> [FilterTest] {
        guard ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(name) else {
            throw FilterProblem("Value of anything-but must be an array or single string/number value.")
        }
        let list = operand.arrayValue ?? [operand]
        guard !list.isEmpty else { throw FilterProblem("Empty arrays are not allowed") }
        var tests: [FilterTest] = []
        for value in list {
            let text = try text(name, value)
            if name == "prefix" || name == "suffix", text.isEmpty {
                throw FilterProblem("Null prefix/suffix not allowed")
            }
            tests.append(try test(name, value))
        }
        return tests
    }
}
