/// What a condition, a filter or a key condition asks of an item.
indirect enum Condition: Equatable, Sendable {
    enum Comparator: String, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    enum Operand: Hashable, Sendable {
        case path(DocumentPath)
        case value(AttributeValue)
        case sizeOfPath(DocumentPath)
        case sizeOfValue(AttributeValue)
    }

    case compare(Operand, Comparator, Operand)
    case between(Operand, Operand, Operand)
    case anyOf(Operand, [Operand])
    case exists(DocumentPath)
    case notExists(DocumentPath)
    /// The second operand is a type's name.
    case hasType(DocumentPath, String)
    case beginsWith(Operand, Operand)
    case contains(Operand, Operand)
    case and(Condition, Condition)
    case or(Condition, Condition)
    case not(Condition)
}

extension Condition {
    /// All paths, to see whether a filter touches the key.
    var paths: [DocumentPath] {
        switch self {
        case .compare(let left, _, let right), .beginsWith(let left, let right),
            .contains(let left, let right):
            [left, right].compactMap(\.path)
        case .between(let value, let low, let high): [value, low, high].compactMap(\.path)
        case .anyOf(let value, let choices): ([value] + choices).compactMap(\.path)
        case .exists(let path), .notExists(let path), .hasType(let path, _): [path]
        case .and(let left, let right), .or(let left, let right): left.paths + right.paths
        case .not(let inner): inner.paths
        }
    }
}

extension Condition.Operand {
    var path: DocumentPath? {
        switch self {
        case .path(let path), .sizeOfPath(let path): path
        case .value, .sizeOfValue: nil
        }
    }

    /// What the operand stands for in an item; `nil` when there is nothing.
    func value(in item: AttributeMap) -> AttributeValue? {
        switch self {
        case .path(let path): path.value(in: item)
        case .value(let value): value
        case .sizeOfPath(let path): path.value(in: item).flatMap(\.countedSize)
        case .sizeOfValue(let value): value.countedSize
        }
    }
}

extension AttributeValue {
    /// What the function `size` gives; `nil` for types that have none.
    ///
    /// Text is counted in UTF-16 units, everything else in bytes or members (decision 0040).
    var countedSize: AttributeValue? {
        switch self {
        case .string(let bytes): .number(DecimalNumber(String(decoding: bytes, as: UTF8.self).utf16.count))
        case .binary(let bytes): .number(DecimalNumber(bytes.count))
        case .stringSet(let members), .binarySet(let members): .number(DecimalNumber(members.count))
        case .numberSet(let members): .number(DecimalNumber(members.count))
        case .list(let members): .number(DecimalNumber(members.count))
        case .map(let members): .number(DecimalNumber(members.count))
        case .number, .bool, .null: nil
        }
    }

    /// Whether this one sorts before the other; `nil` unless both are texts, numbers or bytes of one type.
    func isLess(than other: AttributeValue) -> Bool? {
        switch (self, other) {
        case (.string(let left), .string(let right)), (.binary(let left), .binary(let right)):
            left.lexicographicallyPrecedes(right)
        case (.number(let left), .number(let right)): left < right
        case (.string, _), (.number, _), (.binary, _), (.stringSet, _), (.numberSet, _), (.binarySet, _),
            (.list, _), (.map, _), (.bool, _), (.null, _):
            nil
        }
    }

    func begins(with other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let text), .string(let start)), (.binary(let text), .binary(let start)):
            text.starts(with: start)
        case (.string, _), (.number, _), (.binary, _), (.stringSet, _), (.numberSet, _), (.binarySet, _),
            (.list, _), (.map, _), (.bool, _), (.null, _):
            false
        }
    }

    /// A part of a text or of bytes, a member of a set or a list.
    func contains(_ other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let text), .string(let part)), (.binary(let text), .binary(let part)):
            Self.isPart(part, of: text)
        case (.stringSet(let members), .string(let member)), (.binarySet(let members), .binary(let member)):
            members.contains(member)
        case (.numberSet(let members), .number(let member)): members.contains(member)
        case (.list(let members), _): members.contains(other)
        case (.string, _), (.number, _), (.binary, _), (.stringSet, _), (.numberSet, _), (.binarySet, _),
            (.map, _), (.bool, _), (.null, _):
            false
        }
    }

    /// Knuth, Morris and Pratt's search: the writer thread must not spend the product of two lengths on it.
    private static func isPart(_ part: [UInt8], of text: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        guard !part.isEmpty else { return true }
        // For each place in the part, how much of its start ends there.
        var borders = [0]
        borders.reserveCapacity(part.count)
        for index in part.indices.dropFirst() {
            borders.append(extended(borders[index - 1], by: part[index], part, borders))
        }
        var matched = 0
        for byte in text {
            matched = extended(matched, by: byte, part, borders)
            if matched == part.count { return true }
        }
        return false
    }

    /// How much of the part's start ends at this byte, when `length` of it ended before; `length` is not all of it.
    private static func extended(_ length: Int, by byte: UInt8, _ part: [UInt8], _ borders: [Int]) -> Int {
        var length = length
        while length > 0, part[length] != byte { length = borders[length - 1] }
        return part[length] == byte ? length + 1 : 0
    }
}

// MARK: - Evaluation

extension Condition {
    /// Whether the item meets the condition; an item that does not exist is an empty one.
    ///
    /// What is not there, and what is of another type, meets only `<>`, `attribute_not_exists` and `NOT`.
    func holds(for item: AttributeMap) -> Bool {
        switch self {
        case .compare(let left, let comparator, let right):
            Self.compare(left.value(in: item), comparator, right.value(in: item))
        case .between(let value, let low, let high):
            Self.compare(value.value(in: item), .greaterOrEqual, low.value(in: item))
                && Self.compare(value.value(in: item), .lessOrEqual, high.value(in: item))
        case .anyOf(let value, let choices):
            choices.contains { Self.compare(value.value(in: item), .equal, $0.value(in: item)) }
        case .exists(let path): path.value(in: item) != nil
        case .notExists(let path): path.value(in: item) == nil
        case .hasType(let path, let type): path.value(in: item)?.typeName == type
        case .beginsWith(let value, let start):
            Self.both(value.value(in: item), start.value(in: item)) { $0.begins(with: $1) }
        case .contains(let value, let part):
            Self.both(value.value(in: item), part.value(in: item)) { $0.contains($1) }
        case .and(let left, let right): left.holds(for: item) && right.holds(for: item)
        case .or(let left, let right): left.holds(for: item) || right.holds(for: item)
        case .not(let inner): !inner.holds(for: item)
        }
    }

    private static func both(
        _ left: AttributeValue?, _ right: AttributeValue?, _ test: (AttributeValue, AttributeValue) -> Bool
    ) -> Bool {
        guard let left, let right else { return false }
        return test(left, right)
    }

    private static func compare(
        _ left: AttributeValue?, _ comparator: Comparator, _ right: AttributeValue?
    ) -> Bool {
        switch comparator {
        case .equal: both(left, right) { $0 == $1 }
        case .notEqual: !both(left, right) { $0 == $1 }
        case .less: both(left, right) { $0.isLess(than: $1) ?? false }
        case .greater: both(left, right) { $1.isLess(than: $0) ?? false }
        case .lessOrEqual: both(left, right) { $1.isLess(than: $0).map { !$0 } ?? false }
        case .greaterOrEqual: both(left, right) { $0.isLess(than: $1).map { !$0 } ?? false }
        }
    }
}
