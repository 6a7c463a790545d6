import AWSWire
import EventModel
import EventStore

/// The items that a query is about: one hash key, and a stretch of its range keys, in a table or an index.
struct KeyCondition: Equatable {
    let hashPrefix: [UInt8]
    let range: ItemKeyRange

    /// - Throws: DynamoDB's sentences for what is no condition on the target's key.
    init(_ condition: Condition, of target: ReadTarget) throws(AWSError) {
        var parts: [Part] = []
        try Self.collect(condition, into: &parts)
        guard parts.count <= 2 else { throw .validation("Conditions can be of length 1 or 2 only") }
        guard Set(parts.map(\.attribute)).count == parts.count else {
            throw .validation("KeyConditionExpressions must only contain one condition per key")
        }
        guard let hash = parts.first(where: { $0.concerns(target.hashKey) }) else {
            throw Self.missed(target.hashKey)
        }
        guard hash.test == .equal else { throw .validation("Query key condition not supported") }
        try hash.checkTypes(target.hashKey)
        let prefix = ItemKey.hashPrefix(
            try ItemKey.comparableBytes(of: hash.values[0], target.hashKey.name))
        hashPrefix = prefix
        guard let other = parts.first(where: { !$0.concerns(target.hashKey) }) else {
            range = ItemKeyRange(prefix: prefix)
            return
        }
        guard let rangeKey = target.rangeKey else {
            throw .validation("Query key condition not supported")
        }
        guard other.concerns(rangeKey) else { throw Self.missed(rangeKey) }
        try other.checkTypes(rangeKey)
        range = try Self.range(other, behind: prefix, target, rangeKey.name)
    }

    private static func missed(_ attribute: TableDefinition.KeyAttribute) -> AWSError {
        .validation("Query condition missed key schema element: \(attribute.name)")
    }

    private static func range(
        _ part: Part, behind prefix: [UInt8], _ target: ReadTarget, _ name: String
    ) throws(AWSError) -> ItemKeyRange {
        let exact = try target.exactly(part.values[0], behind: prefix, name)
        let end = ItemKeyRange(prefix: prefix).upper
        switch part.test {
        case .equal: return exact
        case .less: return ItemKeyRange(from: prefix, to: exact.lower)
        case .lessOrEqual: return ItemKeyRange(from: prefix, to: exact.upper)
        case .greater: return ItemKeyRange(from: exact.upper ?? prefix, to: end)
        case .greaterOrEqual: return ItemKeyRange(from: exact.lower, to: end)
        case .beginsWith: return try target.beginning(with: part.values[0], behind: prefix, name)
        case .between:
            let last = try target.exactly(part.values[1], behind: prefix, name)
            return ItemKeyRange(from: exact.lower, to: last.upper)
        }
    }
}

// MARK: - Conditions on one attribute

extension KeyCondition {
    private enum Test: Equatable {
        case equal, less, lessOrEqual, greater, greaterOrEqual, beginsWith, between
    }

    private struct Part {
        let attribute: [UInt8]
        let test: Test
        /// Two for `between`, else one.
        let values: [AttributeValue]

        func concerns(_ key: TableDefinition.KeyAttribute) -> Bool { attribute.elementsEqual(key.name.utf8) }

        func checkTypes(_ key: TableDefinition.KeyAttribute) throws(AWSError) {
            guard values.allSatisfy({ $0.typeName == key.type }) else {
                throw .invalid("Condition parameter type does not match schema type")
            }
        }
    }

    private static func collect(_ condition: Condition, into parts: inout [Part]) throws(AWSError) {
        switch condition {
        case .and(let left, let right):
            try collect(left, into: &parts)
            try collect(right, into: &parts)
        case .compare(let left, let comparator, let right):
            parts.append(try part(left, try test(comparator), [right]))
        case .between(let value, let low, let high): parts.append(try part(value, .between, [low, high]))
        case .beginsWith(let value, let start): parts.append(try part(value, .beginsWith, [start]))
        case .or: throw forbidden("OR")
        case .not: throw forbidden("NOT")
        case .anyOf: throw forbidden("IN")
        case .exists: throw forbidden("attribute_exists")
        case .notExists: throw forbidden("attribute_not_exists")
        case .hasType: throw forbidden("attribute_type")
        case .contains: throw forbidden("contains")
        }
    }

    private static func test(_ comparator: Condition.Comparator) throws(AWSError) -> Test {
        switch comparator {
        case .equal: return .equal
        case .notEqual: throw forbidden(comparator.rawValue)
        case .less: return .less
        case .lessOrEqual: return .lessOrEqual
        case .greater: return .greater
        case .greaterOrEqual: return .greaterOrEqual
        }
    }

    private static func forbidden(_ name: String) -> AWSError {
        .validation("Invalid operator used in KeyConditionExpression: \(name)")
    }

    private static func part(
        _ subject: Condition.Operand, _ test: Test, _ operands: [Condition.Operand]
    ) throws(AWSError) -> Part {
        var values: [AttributeValue] = []
        for operand in [subject] + operands {
            switch operand {
            case .path(let path):
                guard path.onlyAttribute != nil else {
                    throw .validation("KeyConditionExpressions cannot have conditions on nested attributes")
                }
            case .value(let value): values.append(value)
            case .sizeOfPath, .sizeOfValue: throw forbidden("size")
            }
        }
        guard let attribute = subject.path?.attribute, values.count == operands.count else {
            throw .validation(
                "Invalid condition in KeyConditionExpression: a key must be compared with values")
        }
        return Part(attribute: attribute, test: test, values: values)
    }
}
