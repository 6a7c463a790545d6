import ByteCoding
import EventModel

/// Message attributes of a publication as queues and envelopes hold them.
enum MessageAttributeText {
    /// What a queue keeps: SQS's wire form.
    ///
    /// - Parameter attributes: Sorted by name.
    static func stored(_ attributes: [TopicPublication.Attribute]) -> [UInt8] {
        var json = JSONWriter(capacity: 128 * attributes.count)
        json.beginObject()
        for attribute in attributes {
            json.key(escaping: attribute.name)
            json.beginObject()
            if attribute.isBinary {
                json.key("BinaryValue")
                json.base64(attribute.value.span)
            } else {
                json.key("StringValue")
                json.string(escaping: attribute.value.span)
            }
            json.key("DataType")
            json.value(attribute.type)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    /// What SQS's digest of attributes is taken of: for each, length and name, length and type, 1 or 2, length and
    /// value (SQS developer guide, "Calculating the MD5 message digest for message attributes").
    ///
    /// - Parameter attributes: Sorted by name.
    static func digested(_ attributes: [TopicPublication.Attribute]) -> [UInt8] {
        var content: [UInt8] = []
        func append(_ bytes: some Collection<UInt8>) {
            for shift in [24, 16, 8, 0] { content.append(UInt8(truncatingIfNeeded: bytes.count >> shift)) }
            content.append(contentsOf: bytes)
        }
        for attribute in attributes {
            append(attribute.name.utf8)
            append(attribute.type.utf8)
            content.append(attribute.isBinary ? 2 : 1)
            append(attribute.value)
        }
        return content
    }

    /// The member `MessageAttributes` of an envelope, in AWS's layout; empty when there are none.
    static func envelope(_ attributes: [TopicPublication.Attribute]) -> [UInt8] {
        guard !attributes.isEmpty else { return [] }
        var text = Array("{".utf8)
        for (index, attribute) in attributes.enumerated() {
            text.append(contentsOf: (index == 0 ? "\n    " : ",\n    ").utf8)
            var json = JSONWriter(capacity: attribute.value.count + 128)
            json.value(attribute.name)
            json.bytes.append(contentsOf: " : ".utf8)
            text.append(contentsOf: json.bytes)
            json.removeAll()
            json.beginObject()
            json.key("Type")
            json.value(attribute.type)
            json.key("Value")
            if attribute.isBinary {
                json.base64(attribute.value.span)
            } else {
                json.string(escaping: attribute.value.span)
            }
            json.endObject()
            text.append(contentsOf: json.bytes)
        }
        text.append(contentsOf: "\n  }".utf8)
        return text
    }
}
