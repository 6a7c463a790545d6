package import AWSWire
import ByteCoding
import Foundation
import HTTP

/// A golden conversation with a JSON service: one file of steps, each a request and the response it must get.
///
/// Beside `Golden`'s pairs of raw bytes this is for operations that need others before them.
/// A step is `{"advanceMilliseconds"?, "operation", "headers"?, "body", "status", "error"?, "response"}`; `error` is the
/// header `x-amzn-query-error`. Texts that a store makes up (`{message 1}`, `{receipt 1}`, `{iterator 1}`) are numbered in
/// the order in which they appear, and requests may use them. With SNAPSHOT_UPDATE=1 the files are rewritten.
package struct Conversation {
    /// Members whose values differ from run to run, and what their placeholders are called.
    private static let madeUp: [String: String] = [
        "MessageId": "message", "ReceiptHandle": "receipt", "ShardIterator": "iterator",
        "NextShardIterator": "iterator", "NextToken": "token",
        "TaskHandle": "task",
    ]

    private let url: URL
    private var steps: [JSONValue]
    /// Actual texts by placeholder, and the other way round.
    private var actual: [String: String] = [:]
    private var placeholders: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// - Parameters:
    ///   - path: One of `all`.
    ///   - file: The calling test's file; its `Golden` folder stands beside it.
    package init(_ path: String, beside file: String = #filePath) throws {
        url = Self.folder(beside: file).appending(path: path)
        steps = try JSONValue(parsing: Array(Data(contentsOf: url))).arrayValue ?? []
    }

    /// Every golden file below the folder `Golden` beside a test's source file, sorted, as paths relative to it.
    package static func all(beside file: String = #filePath) -> [String] {
        let root = folder(beside: file)
        let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".json") }.sorted()
    }

    private static func folder(beside file: String) -> URL {
        URL(filePath: file).deletingLastPathComponent().appending(path: "Golden")
    }
}

// MARK: - Playing

extension Conversation {
    /// Plays the steps; returns a text for each response that was another one.
    ///
    /// - Parameters:
    ///   - service: The part of the target before the dot.
    ///   - members: Set to say the same in CBOR; the recorded JSON must come back.
    package mutating func play(
        _ service: String, in world: WireWorld, inCBOR members: CBORMembers? = nil
    ) throws -> [String] {
        var differences: [String] = []
        var played: [JSONValue] = []
        for (index, step) in steps.enumerated() {
            if let pause = step["advanceMilliseconds"]?.intValue {
                world.clock.advance(by: .milliseconds(pause))
            }
            let request = request(of: step, service)
            let inCBOR = members.flatMap { Self.inCBOR(request, $0) }
            var response = try world.send(inCBOR ?? request)
            if inCBOR != nil, let members, !response.bodyBytes.isEmpty {
                response.body = .bytes(try CBORToJSON.convert(response.bodyBytes, members, .amazon))
            }
            let result = try recorded(step, response)
            if result != step {
                differences.append(
                    "\(url.lastPathComponent), step \(index + 1):\n expected \(step.text)\n found    \(result.text)"
                )
            }
            played.append(result)
        }
        if members == nil, ProcessInfo.processInfo.environment["SNAPSHOT_UPDATE"] == "1" {
            try Data((Self.pretty(.array(played)) + "\n").utf8).write(to: url)
            return []
        }
        return differences
    }

    /// The same request in CBOR; nil for one that CBOR cannot say, such as a blob that is no base64.
    private static func inCBOR(_ request: HTTPRequest, _ members: CBORMembers) -> HTTPRequest? {
        // What cannot be said is the point of some steps, and those are played in JSON.
        guard let body = try? JSONToCBOR.convert(request.body, members, .amazon) else { return nil }
        let headers = request.headers.pairs + [("Content-Type", "application/x-amz-cbor-1.1")]
        return HTTPRequest(
            method: request.method, target: request.target,
            headers: HeaderFields(headers.map { ($0.0, $0.1) }), body: body)
    }

    private func request(of step: JSONValue, _ service: String) -> HTTPRequest {
        let headers = (step["headers"]?.objectValue?.members ?? []).map {
            ($0.key, $0.value.stringValue ?? "")
        }
        let target = "\(service).\(step["operation"]?.stringValue ?? "")"
        return HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("Host", "localhost:4566"), ("X-Amz-Target", target)] + headers),
            body: filled(step["body"] ?? .object(JSONObject())).bytes)
    }

    /// The step as it went.
    private mutating func recorded(_ step: JSONValue, _ response: HTTPResponse) throws -> JSONValue {
        var members = JSONObject()
        for name in ["advanceMilliseconds", "operation", "headers", "body"] { members[name] = step[name] }
        members["status"] = .number(String(response.status))
        if let error = response.headers.first(where: { $0.0 == "x-amzn-query-error" }) {
            members["error"] = .string(error.1)
        }
        if !response.bodyBytes.isEmpty {
            members["response"] = masked(try JSONValue(parsing: response.bodyBytes), member: "")
        }
        return .object(members)
    }

    /// Puts placeholders for what the store made up.
    private mutating func masked(_ value: JSONValue, member: String) -> JSONValue {
        switch value {
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object.members { result[name] = masked(value, member: name) }
            return .object(result)
        case .array(let elements):
            var result: [JSONValue] = []
            for element in elements { result.append(masked(element, member: member)) }
            return .array(result)
        case .string(let text):
            if let kind = Self.madeUp[member], placeholders[text] == nil {
                counts[kind, default: 0] += 1
                let placeholder = "{\(kind) \(counts[kind] ?? 0)}"
                placeholders[text] = placeholder
                actual[placeholder] = text
            }
            return .string(placeholders.reduce(text) { $0.replacing($1.key, with: $1.value) })
        case .number, .bool, .null: return value
        }
    }

    /// Puts what the store made up for placeholders.
    private func filled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(JSONObject(object.members.map { ($0.key, filled($0.value)) }))
        case .array(let elements): .array(elements.map { filled($0) })
        case .string(let text): .string(actual[text] ?? text)
        case .number, .bool, .null: value
        }
    }
}

// MARK: - Files

extension Conversation {
    /// Two spaces a level; what fits in a line stays in one.
    static func pretty(_ value: JSONValue, indent: String = "", room: Int = 100) -> String {
        let line = value.text
        guard indent.count + line.count > room else { return line }
        let inner = indent + "  "
        switch value {
        case .object(let object):
            let members = object.members.map { member in
                "\(inner)\(JSONValue.string(member.key).text): \(pretty(member.value, indent: inner, room: room))"
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements):
            let lines = elements.map { inner + pretty($0, indent: inner, room: room) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
        case .string, .number, .bool, .null: return line
        }
    }
}
