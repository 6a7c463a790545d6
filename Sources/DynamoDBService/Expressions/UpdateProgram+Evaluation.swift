extension UpdateProgram {
    /// The item after all actions, each of which sees the item as it was before.
    ///
    /// Values are put in place first and list elements taken out last, from the end, so that every index means the
    /// element that had it before. What lies behind a list's end is appended, in the order of the indexes.
    func applied(to item: AttributeMap) throws(UpdateFailure) -> AttributeMap {
        var changes: [Change] = []
        for action in actions {
            guard let change = try Self.change(action, item) else { continue }
            changes.append(change)
        }
        changes.sort { $0.isBefore($1) }
        var result = AttributeValue.map(item)
        for change in changes {
            result = try Self.put(change.value, at: change.path.elements[...], in: result)
        }
        guard case .map(let updated) = result else { throw .noSuchPlace }
        guard updated.sizeBytes <= ItemLimits.itemBytesMax else { throw .tooLarge }
        guard updated.members.allSatisfy({ $0.value.depth <= ItemLimits.nestingMax }) else { throw .tooDeep }
        return updated
    }

    /// A value for a place, or `nil` to clear it.
    private struct Change {
        let path: DocumentPath
        let value: AttributeValue?

        private var lastIndex: Int? {
            if case .index(let index) = path.elements.last { index } else { nil }
        }

        /// Deeper places first, as their way leads through indexes that the others move.
        func isBefore(_ other: Change) -> Bool {
            guard (value == nil) == (other.value == nil) else { return value != nil }
            let (length, otherLength) = (path.elements.count, other.path.elements.count)
            guard length == otherLength else { return length > otherLength }
            guard let mine = lastIndex, let theirs = other.lastIndex else {
                // Whole attributes in any order; list elements behind them.
                return lastIndex == nil && other.lastIndex != nil
            }
            return value == nil ? mine > theirs : mine < theirs
        }
    }

    /// `nil` when the action has nothing to do.
    private static func change(_ action: Action, _ item: AttributeMap) throws(UpdateFailure) -> Change? {
        switch action {
        case .set(let path, let operand): return Change(path: path, value: try value(operand, item))
        case .remove(let path): return try removal(of: path, item)
        case .add(let path, let value):
            guard let old = path.value(in: item) else { return Change(path: path, value: value) }
            return Change(path: path, value: try sum(old, value))
        case .delete(let path, let value):
            guard let old = path.value(in: item) else { return try removal(of: path, item) }
            return Change(path: path, value: try remainder(old, value))
        }
    }

    /// `nil` when there is nothing to remove; the way there has to exist all the same.
    private static func removal(
        of path: DocumentPath, _ item: AttributeMap
    ) throws(UpdateFailure) -> Change? {
        if path.value(in: item) != nil { return Change(path: path, value: nil) }
        guard path.onlyAttribute == nil else { return nil }
        let container = DocumentPath(elements: path.elements.dropLast()).value(in: item)
        switch (path.elements.last, container) {
        // An index behind the end must not meet what another action appends.
        case (.name, .map), (.index, .list): return nil
        case (.name, _), (.index, _), (nil, _): throw .noSuchPlace
        }
    }

    private static func value(
        _ operand: Operand, _ item: AttributeMap
    ) throws(UpdateFailure) -> AttributeValue {
        switch operand {
        case .value(let value): return value
        case .path(let path):
            guard let value = path.value(in: item) else { throw .noSuchAttribute }
            return value
        case .ifNotExists(let path, let fallback):
            if let value = path.value(in: item) { return value }
            return try value(fallback, item)
        case .listAppend(let first, let second):
            guard case .list(let head) = try value(first, item),
                case .list(let tail) = try value(second, item)
            else { throw .wrongType }
            return .list(head + tail)
        case .sum(let first, let second):
            let (left, right) = try numbers(first, second, item)
            return .number(try computed { () throws(DecimalNumber.Failure) in try left.adding(right) })
        case .difference(let first, let second):
            let (left, right) = try numbers(first, second, item)
            return .number(try computed { () throws(DecimalNumber.Failure) in try left.subtracting(right) })
        }
    }

    private static func numbers(
        _ first: Operand, _ second: Operand, _ item: AttributeMap
    ) throws(UpdateFailure) -> (DecimalNumber, DecimalNumber) {
        guard case .number(let left) = try value(first, item),
            case .number(let right) = try value(second, item)
        else { throw .wrongType }
        return (left, right)
    }

    private static func computed(
        _ work: () throws(DecimalNumber.Failure) -> DecimalNumber
    ) throws(UpdateFailure) -> DecimalNumber {
        do { return try work() } catch { throw .number(error) }
    }

    /// `ADD`: the sum of numbers, the union of sets.
    private static func sum(
        _ old: AttributeValue, _ value: AttributeValue
    ) throws(UpdateFailure) -> AttributeValue {
        switch (old, value) {
        case (.number(let left), .number(let right)):
            return .number(try computed { () throws(DecimalNumber.Failure) in try left.adding(right) })
        case (.stringSet(let left), .stringSet(let right)): return .stringSet(union(left, right))
        case (.binarySet(let left), .binarySet(let right)): return .binarySet(union(left, right))
        case (.numberSet(let left), .numberSet(let right)):
            return .numberSet(Set(left).union(right).sorted())
        case (.string, _), (.number, _), (.binary, _), (.stringSet, _), (.numberSet, _), (.binarySet, _),
            (.list, _), (.map, _), (.bool, _), (.null, _):
            throw .wrongType
        }
    }

    private static func union(_ left: [[UInt8]], _ right: [[UInt8]]) -> [[UInt8]] {
        Set(left).union(right).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// `DELETE`: what is left of a set; `nil` when nothing is.
    private static func remainder(
        _ old: AttributeValue, _ value: AttributeValue
    ) throws(UpdateFailure) -> AttributeValue? {
        switch (old, value) {
        case (.stringSet(let left), .stringSet(let right)):
            let taken = Set(right)
            let rest = left.filter { !taken.contains($0) }
            return rest.isEmpty ? nil : .stringSet(rest)
        case (.binarySet(let left), .binarySet(let right)):
            let taken = Set(right)
            let rest = left.filter { !taken.contains($0) }
            return rest.isEmpty ? nil : .binarySet(rest)
        case (.numberSet(let left), .numberSet(let right)):
            let taken = Set(right)
            let rest = left.filter { !taken.contains($0) }
            return rest.isEmpty ? nil : .numberSet(rest)
        case (.string, _), (.number, _), (.binary, _), (.stringSet, _), (.numberSet, _), (.binarySet, _),
            (.list, _), (.map, _), (.bool, _), (.null, _):
            throw .wrongType
        }
    }

    /// The container with one place changed.
    private static func put(
        _ value: AttributeValue?, at path: ArraySlice<DocumentPath.Element>, in container: AttributeValue
    ) throws(UpdateFailure) -> AttributeValue {
        let rest = path.dropFirst()
        switch (path.first, container) {
        case (.name(let name), .map(let map)):
            guard !rest.isEmpty else { return .map(map.with(value, at: name)) }
            guard let inner = map[bytes: name] else { throw .noSuchPlace }
            return .map(map.with(try put(value, at: rest, in: inner), at: name))
        case (.index(let index), .list(var list)):
            if rest.isEmpty {
                if index < list.count {
                    if let value { list[index] = value } else { list.remove(at: index) }
                } else if let value {
                    list.append(value)
                }
                return .list(list)
            }
            guard index < list.count else { throw .noSuchPlace }
            list[index] = try put(value, at: rest, in: list[index])
            return .list(list)
        case (.name, _), (.index, _), (nil, _): throw .noSuchPlace
        }
    }
}

extension AttributeMap {
    /// With the attribute set, or without it for `nil`.
    func with(_ value: AttributeValue?, at name: [UInt8]) -> AttributeMap {
        var kept = members.filter { $0.name != name }
        if let value { kept.append(Member(name: name, value: value)) }
        return AttributeMap(kept)
    }
}

extension AttributeValue {
    /// How many lists and maps lie around the deepest value in it.
    var depth: Int {
        switch self {
        case .list(let members): members.reduce(1) { max($0, $1.depth + 1) }
        case .map(let map): map.members.reduce(1) { max($0, $1.value.depth + 1) }
        case .string, .number, .binary, .stringSet, .numberSet, .binarySet, .bool, .null: 0
        }
    }
}

/// Limits of one item (DynamoDB developer guide, limits).
enum ItemLimits {
    /// Names and values of the largest item, in bytes.
    static let itemBytesMax = 409_600
    /// How deep lists and maps may be nested.
    static let nestingMax = 32
}
