import AWSWire
import ByteCoding
import Foundation
import HTTP
import WireTesting

/// A golden conversation of the JSON protocol, said again in the Query protocol.
///
/// `<name>.json` has the steps; `<name>.query` beside it what went over the wire: for each step the form, the status, and
/// the XML. With SNAPSHOT_UPDATE=1 every conversation is recorded.
struct QueryConversation {
    /// Elements whose texts differ from run to run, and what their placeholders are called.
    private static let madeUp: [(element: String, kind: String)] = [
        ("MessageId", "message"), ("ReceiptHandle", "receipt"), ("NextToken", "token"),
        ("TaskHandle", "task"),
    ]
    /// What the Query protocol calls the members of JSON that it calls otherwise.
    private static let names: [String: String] = [
        "Attributes": "Attribute", "AttributeNames": "AttributeName", "tags": "Tag", "Tags": "Tag",
        "TagKeys": "TagKey", "MessageAttributes": "MessageAttribute",
        "MessageSystemAttributes": "MessageSystemAttribute",
        "MessageAttributeNames": "MessageAttributeName",
        "MessageSystemAttributeNames": "MessageSystemAttributeName", "AWSAccountIds": "AWSAccountId",
        "Actions": "ActionName", "StringListValues": "StringListValue", "BinaryListValues": "BinaryListValue",
    ]
    private static let maps: [String] = [
        "Attributes", "tags", "Tags", "MessageAttributes", "MessageSystemAttributes",
    ]

    private let steps: [JSONValue]
    private let recording: URL
    /// Actual texts by placeholder, and the other way round.
    private var actual: [String: String] = [:]
    private var placeholders: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// - Parameter path: A golden file of the JSON protocol.
    init(_ path: String) throws {
        let file = Self.folder.appending(path: path)
        steps = try JSONValue(parsing: Array(Data(contentsOf: file))).arrayValue ?? []
        recording = file.deletingPathExtension().appendingPathExtension("query")
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let isUpdating = ProcessInfo.processInfo.environment["SNAPSHOT_UPDATE"] == "1"

    /// The conversations that are recorded in this protocol; all of them when they are to be.
    static func recorded() -> [String] {
        Conversation.all(beside: #filePath).filter { path in
            let file = folder.appending(path: path).deletingPathExtension().appendingPathExtension("query")
            return isUpdating || FileManager.default.fileExists(atPath: file.path)
        }
    }

    /// Plays the steps; returns the two texts when they differ.
    mutating func play(in world: WireWorld) throws -> String? {
        var text = ""
        for step in steps {
            if let pause = step["advanceMilliseconds"]?.intValue {
                world.clock.advance(by: .milliseconds(pause))
            }
            let form = form(of: step)
            var headers = [
                ("Host", "localhost:4566"), ("Content-Type", "application/x-www-form-urlencoded"),
            ]
            for header in step["headers"]?.objectValue?.members ?? [] {
                headers.append((header.key, header.value.stringValue ?? ""))
            }
            let body = form.map { name, value in
                "\(PercentCoding.encoded(name))=\(PercentCoding.encoded(actual[value] ?? value))"
            }.joined(separator: "&")
            let response = try world.send(
                HTTPRequest(
                    method: "POST", target: "/", headers: HeaderFields(headers), body: Array(body.utf8)))
            text += form.map { "> \($0)=\(Self.short($1))\n" }.joined()
            text += "< \(response.status)\n\(Self.short(masked(response.bodyText)))\n\n"
        }
        if Self.isUpdating {
            try Data(text.utf8).write(to: recording)
            return nil
        }
        let expected = String(decoding: try Data(contentsOf: recording), as: UTF8.self)
        return Array(expected.utf8) == Array(text.utf8)
            ? nil : "\(recording.lastPathComponent)\n--- expected\n\(expected)\n--- found\n\(text)"
    }

    /// Long bodies would drown what is worth reading.
    private static func short(_ text: String) -> String {
        text.utf8.count <= 4_000 ? text : "\(text.prefix(60))… (\(text.utf8.count) bytes)"
    }
}

// MARK: - From JSON to parameters

extension QueryConversation {
    private func form(of step: JSONValue) -> [(name: String, value: String)] {
        let operation = step["operation"]?.stringValue ?? ""
        var form: [(name: String, value: String)] = [("Action", operation), ("Version", "2012-11-05")]
        for member in step["body"]?.objectValue?.members ?? [] {
            let entries = "\(operation)RequestEntry"
            let name = member.key == "Entries" ? entries : Self.names[member.key] ?? member.key
            append(member.value, of: member.key, named: name, to: &form)
        }
        return form
    }

    private func append(
        _ value: JSONValue, of member: String, named name: String,
        to form: inout [(name: String, value: String)]
    ) {
        switch value {
        case .null: return
        case .string(let text): form.append((name, text))
        case .number, .bool: form.append((name, value.text))
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                append(element, of: member, named: "\(name).\(index + 1)", to: &form)
            }
        case .object(let object) where Self.maps.contains(member):
            let key = name.hasSuffix("Tag") ? "Key" : "Name"
            for (index, pair) in object.members.enumerated() {
                form.append(("\(name).\(index + 1).\(key)", pair.key))
                append(pair.value, of: "", named: "\(name).\(index + 1).Value", to: &form)
            }
        case .object(let object):
            for pair in object.members {
                append(
                    pair.value, of: pair.key, named: "\(name).\(Self.names[pair.key] ?? pair.key)", to: &form)
            }
        }
    }

    /// Puts placeholders for what the store made up.
    private mutating func masked(_ xml: String) -> String {
        for (element, kind) in Self.madeUp {
            for piece in xml.split(separator: "<\(element)>").dropFirst() {
                let text = String(piece.prefix { $0 != "<" })
                guard placeholders[text] == nil else { continue }
                counts[kind, default: 0] += 1
                let placeholder = "{\(kind) \(counts[kind] ?? 0)}"
                placeholders[text] = placeholder
                actual[placeholder] = text
            }
        }
        return placeholders.reduce(xml) { $0.replacing($1.key, with: $1.value) }
    }
}
