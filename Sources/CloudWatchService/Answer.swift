import AWSWire
import ByteCoding
import EventModel

/// An answer before it takes the form of a protocol.
indirect enum Answer: Sendable {
    case object([(String, Answer)])
    case list([Answer])
    /// Keys of the caller's choice.
    case map([(String, Answer)])
    case text(String)
    case number(Double)
    case moment(Timestamp)
}

// MARK: - JSON

extension Answer {
    var json: [UInt8] {
        var json = JSONWriter(capacity: 1_024)
        write(to: &json)
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        switch self {
        case .object(let members), .map(let members):
            json.beginObject()
            for (name, value) in members {
                json.key(escaping: name)
                value.write(to: &json)
            }
            json.endObject()
        case .list(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .text(let text): json.value(text)
        // With its point, so that it stays a floating-point number in whatever the JSON is turned into.
        case .number(let number): json.number(Answer.text(number))
        case .moment(let moment): json.value(thousandths: moment.millisecondsSinceEpoch)
        }
    }

    /// `5.0`, `0.25`, `1e+30`.
    static func text(_ number: Double) -> String { "\(number)" }
}

// MARK: - XML

extension Answer {
    /// The answer of an operation in the Query protocol.
    func xml(of operation: String, namespace: String, requestID: String) -> [UInt8] {
        var text = "<\(operation)Response xmlns=\"\(namespace)\">"
        if case .object(let members) = self, members.isEmpty {
            // Operations without output have no result.
        } else {
            text += "<\(operation)Result>"
            write(to: &text)
            text += "</\(operation)Result>"
        }
        text +=
            "<ResponseMetadata><RequestId>\(requestID)</RequestId></ResponseMetadata></\(operation)Response>"
        return Array(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let members):
            for (name, value) in members { value.write(in: name, to: &text) }
        case .list(let elements):
            for element in elements { element.write(in: "member", to: &text) }
        case .map(let members):
            for (key, value) in members {
                text += "<entry><key>\(XMLText.escaped(key))</key>"
                value.write(in: "value", to: &text)
                text += "</entry>"
            }
        case .text(let content): text += XMLText.escaped(content)
        case .number(let number): text += Answer.text(number)
        case .moment(let moment):
            let isWhole = moment.millisecondsSinceEpoch % 1_000 == 0
            text += isWhole ? moment.iso8601Seconds : moment.iso8601Milliseconds
        }
    }

    private func write(in element: String, to text: inout String) {
        text += "<\(element)>"
        write(to: &text)
        text += "</\(element)>"
    }
}
