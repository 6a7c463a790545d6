import AWSWire
import ByteCoding

/// What an operation would have cost (DynamoDB developer guide, capacity units); nothing is limited by it.
struct ConsumedCapacity: Equatable, Sendable {
    enum Detail: Sendable {
        case none
        case total
        case indexes

        init(wire: String?) throws(AWSError) {
            switch wire {
            case nil, "NONE": self = .none
            case "TOTAL": self = .total
            case "INDEXES": self = .indexes
            case .some(let other):
                throw .validation(
                    "1 validation error detected: Value '\(other)' at 'returnConsumedCapacity' failed to satisfy "
                        + "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]")
            }
        }
    }

    let tableName: String
    var halfUnits: Int

    /// One unit for each started KB of the larger item.
    static func writeUnits(_ sizes: Int...) -> Int { max(1, ((sizes.max() ?? 0) + 1_023) / 1_024) * 2 }

    /// One unit for each started 4 KB, half as much without consistency.
    static func readUnits(_ size: Int, isConsistent: Bool) -> Int {
        max(1, (size + 4_095) / 4_096) * (isConsistent ? 2 : 1)
    }

    func encode(_ detail: Detail, to json: inout JSONWriter) {
        json.beginObject()
        json.key("TableName")
        json.value(tableName)
        json.key("CapacityUnits")
        json.value(Double(halfUnits) / 2)
        if detail == .indexes {
            json.key("Table")
            json.beginObject()
            json.key("CapacityUnits")
            json.value(Double(halfUnits) / 2)
            json.endObject()
        }
        json.endObject()
    }
}

extension [ConsumedCapacity] {
    /// Adds to the table's entry, which is made when there is none.
    mutating func add(_ halfUnits: Int, to tableName: String) {
        if let index = firstIndex(where: { $0.tableName == tableName }) {
            self[index].halfUnits += halfUnits
        } else {
            append(ConsumedCapacity(tableName: tableName, halfUnits: halfUnits))
        }
    }

    /// The member `ConsumedCapacity` of an operation over several tables.
    func encode(_ detail: ConsumedCapacity.Detail, to json: inout JSONWriter) {
        guard detail != .none else { return }
        json.key("ConsumedCapacity")
        json.beginArray()
        for one in self { one.encode(detail, to: &json) }
        json.endArray()
    }
}
