import ByteCoding

extension AttributeMap {
    /// The item as JSON text: attributes in the order of their names, numbers in their normal form, sets in order.
    /// Equal items give equal bytes. This is both what is stored and what goes over the wire.
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 64 + sizeBytes * 2)
        encode(to: &writer)
        return writer.bytes
    }

    func encode(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(escaping: String(decoding: member.name, as: UTF8.self))
            member.value.encode(to: &writer)
        }
        writer.endObject()
    }
}

extension AttributeValue {
    func encode(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(escaping: typeName)
        switch self {
        case .string(let bytes): writer.string(escaping: bytes.span)
        case .number(let number): writer.string(escaping: number.text.span)
        case .binary(let bytes): writer.base64(bytes.span)
        case .bool(let flag): writer.value(flag)
        case .null: writer.value(true)
        case .stringSet(let members):
            writer.beginArray()
            for member in members { writer.string(escaping: member.span) }
            writer.endArray()
        case .numberSet(let members):
            writer.beginArray()
            for member in members { writer.string(escaping: member.text.span) }
            writer.endArray()
        case .binarySet(let members):
            writer.beginArray()
            for member in members { writer.base64(member.span) }
            writer.endArray()
        case .list(let members):
            writer.beginArray()
            for member in members { member.encode(to: &writer) }
            writer.endArray()
        case .map(let members): members.encode(to: &writer)
        }
        writer.endObject()
    }
}
