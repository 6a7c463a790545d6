import AWSWire
import EventModel
import EventStore

/// The items that a query is about: one hash key, and a stretch of its range keys.
struct KeyCondition: Equatable {
    let hashPrefix: [UInt8]
    let range: ItemKeyRange

    /// - Throws: DynamoDB's sentences for what is no condition on the table's key.
    init(_ condition: Condition, of table: TableDefinition) throws(AWSError) {
        var parts: [Part] = []
        try Self.collect(condition, into: &parts)
        guard parts.count <= 2 else { throw .validation("Conditions can be of length 1 or 2 only") }
        guard Set(parts.map(\.attribute)).count == parts.count else {
            throw .validation("KeyConditionExpressions must only contain one condition per key")
        }
        guard let hash = parts.first(where: { $0.concerns(table.hashKey) }) else {
            throw Self.missed(table.hashKey)
        }
        guard hash.test == .equal else { throw .validation("Query key condition not supported") }
        let prefix = ItemKey.hashPrefix(try hash.bytes(as: table.hashKey)[0])
        hashPrefix = prefix
        guard let other = parts.first(where: { !$0.concerns(table.hashKey) }) else {
            range = ItemKeyRange(prefix: prefix)
            return
        }
        guard let rangeKey = table.rangeKey else {
            throw .validation("Query key condition not supported")
        }
        guard other.concerns(rangeKey) else { throw Self.missed(rangeKey) }
        range = Self.range(other.test, try other.bytes(as: rangeKey), behind: prefix)
    }

    private static func missed(_ attribute: TableDefinition.KeyAttribute) -> AWSError {
        .validation("Query condition missed key schema element: \(attribute.name)")
    }

    private static func range(_ test: Test, _ bounds: [[UInt8]], behind prefix: [UInt8]) -> ItemKeyRange {
        let first = prefix + bounds[0]
        let end = ItemKeyRange(prefix: prefix).upper
        switch test {
        case .equal: return ItemKeyRange(from: first, to: ItemKeyRange.behind(first))
        case .less: return ItemKeyRange(from: prefix, to: first)
        case .lessOrEqual: return ItemKeyRange(from: prefix, to: ItemKeyRange.behind(first))
        case .greater: return ItemKeyRange(from: ItemKeyRange.behind(first), to: end)
        case .greaterOrEqual: return ItemKeyRange(from: first, to: end)
        case .beginsWith: return ItemKeyRange(prefix: first)
        case .between: return ItemKeyRange(from: first, to: ItemKeyRange.behind(prefix + bounds[1]))
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

        func bytes(as key: TableDefinition.KeyAttribute) throws(AWSError) -> [[UInt8]] {
            var bytes: [[UInt8]] = []
            for value in values {
                guard value.typeName == key.type else {
                    throw .invalid("Condition parameter type does not match schema type")
                }
                bytes.append(try ItemKey.comparableBytes(of: value, key.name))
            }
            return bytes
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
