import ByteCoding

/// Filters by the letter of the rules: slow, over trees, and sharing nothing with the real thing.
enum FilterModel {
    struct Leaf {
        let path: [String]
        let value: JSONValue
    }

    static func matches(_ pattern: JSONValue, _ event: JSONValue) -> Bool {
        holds(pattern, under: [], of: leaves(of: event, at: []))
    }

    /// Every value that is neither object nor list, with its names; a dotted name is split when such a value has it.
    private static func leaves(of object: JSONValue, at path: [String]) -> [Leaf] {
        (object.objectValue?.members ?? []).flatMap { name, value in values(value, at: path, name) }
    }

    private static func values(_ value: JSONValue, at path: [String], _ name: String) -> [Leaf] {
        switch value {
        case .object: leaves(of: value, at: path + [name])
        case .array(let elements): elements.flatMap { values($0, at: path, name) }
        case .string, .number, .bool, .null: [Leaf(path: path + pieces(name), value: value)]
        }
    }

    private static func pieces(_ name: String) -> [String] {
        name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    private static func holds(_ pattern: JSONValue, under path: [String], of leaves: [Leaf]) -> Bool {
        (pattern.objectValue?.members ?? []).allSatisfy { name, value in
            if name == "$or" {
                return (value.arrayValue ?? []).contains { holds($0, under: path, of: leaves) }
            }
            guard let tests = value.arrayValue else {
                return holds(value, under: path + [name], of: leaves)
            }
            let here = leaves.filter { $0.path == path + pieces(name) }.map(\.value)
            return tests.contains { test in
                if test["exists"] == .bool(false) { return here.isEmpty }
                return here.contains { Self.test(test, $0) }
            }
        }
    }

    private static func test(_ test: JSONValue, _ leaf: JSONValue) -> Bool {
        guard let object = test.objectValue, let (name, operand) = object.members.first else {
            return isEqual(test, leaf)
        }
        let text = leaf.stringValue
        switch name {
        case "exists": return true
        case "prefix":
            if let folded = operand["equals-ignore-case"]?.stringValue {
                return text?.lowercased().hasPrefix(folded.lowercased()) ?? false
            }
            return operand.stringValue.flatMap { text?.hasPrefix($0) } ?? false
        case "suffix":
            if let folded = operand["equals-ignore-case"]?.stringValue {
                return text?.lowercased().hasSuffix(folded.lowercased()) ?? false
            }
            return operand.stringValue.flatMap { text?.hasSuffix($0) } ?? false
        case "equals-ignore-case": return text?.lowercased() == operand.stringValue?.lowercased()
        case "wildcard":
            guard let text, let pattern = operand.stringValue else { return false }
            return wildcard(Array(pattern)[...], Array(text)[...])
        case "numeric": return numeric(operand.arrayValue ?? [], leaf)
        case "anything-but": return !exclusions(operand).contains { Self.test($0, leaf) }
        default: return false
        }
    }

    private static func exclusions(_ operand: JSONValue) -> [JSONValue] {
        guard let object = operand.objectValue, let (name, inner) = object.members.first else {
            return operand.arrayValue ?? [operand]
        }
        return (inner.arrayValue ?? [inner]).map { .object(JSONObject([(name, $0)])) }
    }

    private static func isEqual(_ wanted: JSONValue, _ leaf: JSONValue) -> Bool {
        if let left = wanted.doubleValue, let right = leaf.doubleValue { return left == right }
        return wanted == leaf
    }

    private static func numeric(_ range: [JSONValue], _ leaf: JSONValue) -> Bool {
        guard let value = leaf.doubleValue else { return false }
        return stride(from: 0, to: range.count, by: 2).allSatisfy { place in
            guard let sign = range[place].stringValue, let bound = range[place + 1].doubleValue else {
                return false
            }
            switch sign {
            case "=": return value == bound
            case "<": return value < bound
            case "<=": return value <= bound
            case ">": return value > bound
            default: return value >= bound
            }
        }
    }

    private static func wildcard(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            if wildcard(pattern.dropFirst(), text) { return true }
            return !text.isEmpty && wildcard(pattern, text.dropFirst())
        }
        let rest = first == "\\" ? pattern.dropFirst() : pattern
        guard let wanted = rest.first, let got = text.first, wanted == got else { return false }
        return wildcard(rest.dropFirst(), text.dropFirst())
    }
}
