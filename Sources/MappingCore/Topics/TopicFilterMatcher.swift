import ByteCoding
package import EventModel

/// Tells whether a published message passes a subscription's filter policy.
package struct TopicFilterMatcher {
    package let filter: TopicFilter
    private var matcher: FilterMatcher

    package init(_ filter: TopicFilter) {
        self.filter = filter
        matcher = FilterMatcher(RecordFilter([filter.pattern]))
    }

    /// - Parameters:
    ///   - message: The message that this subscription would get, UTF-8.
    ///   - attributes: What `TopicFilterMatcher.document(of:)` made of the message's attributes.
    package mutating func matches(message: [UInt8], attributes: [UInt8]) -> Bool {
        matcher.begin()
        let document =
            switch filter.scope {
            case .messageBody: message
            case .messageAttributes: attributes
            }
        // A policy on the body lets no message through that is not one JSON object.
        return matcher.add(json: document.span, below: .root) && matcher.matches
    }

    /// Message attributes as one JSON object, the form in which policies look at them.
    ///
    /// Numbers are numbers, a `String.Array` is a list, other texts are texts. Binary values are not there: SNS does
    /// not filter by them.
    package static func document(of attributes: [TopicPublication.Attribute]) -> [UInt8] {
        var json = JSONWriter(capacity: 64 * (attributes.count + 1))
        json.beginObject()
        for attribute in attributes where !attribute.isBinary {
            json.key(escaping: attribute.name)
            let text = String(decoding: attribute.value, as: UTF8.self)
            if attribute.type == "Number" || attribute.type.hasPrefix("Number."),
                let number = jsonNumber(text)
            {
                json.number(number)
            } else if attribute.type == "String.Array", let list = list(attribute.value) {
                json.raw(list)
            } else {
                json.value(text)
            }
        }
        json.endObject()
        return json.bytes
    }

    /// `nil` when the text is no JSON list; it counts as one text then.
    private static func list(_ text: [UInt8]) -> [UInt8]? {
        do throws(JSONError) {
            let tree = try JSONValue(parsing: text)
            return tree.arrayValue == nil ? nil : tree.bytes
        } catch {
            return nil
        }
    }

    /// JSON is stricter than SNS about signs and leading zeros.
    private static func jsonNumber(_ text: String) -> String? {
        var digits = text[...]
        let sign = digits.first
        if sign == "+" || sign == "-" { digits.removeFirst() }
        while digits.count > 1, digits.first == "0", digits.dropFirst().first?.isNumber == true {
            digits.removeFirst()
        }
        let plain = (sign == "-" ? "-" : "") + digits
        do throws(JSONError) {
            guard case .number = try JSONValue(parsing: Array(plain.utf8)) else { return nil }
            return plain
        } catch {
            return nil
        }
    }
}
