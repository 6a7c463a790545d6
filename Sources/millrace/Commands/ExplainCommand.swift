import ByteCoding
import EventModel

/// `millrace explain`: why a mapping did what it did.
enum ExplainCommand {
    static let verb = Verb(
        "explain", operands: "MAPPING",
        summary: "Shows what was decided about a mapping's batches and why, and which records were given up.",
        options: [
            Endpoint.option,
            Option("limit", "N", "Newest decisions and discards to show (default 50)."),
            Option("json", nil, "Print JSON."),
        ],
        notes: "MAPPING is an ID or its beginning, a function, or the name of a queue, stream or table.")

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 1, of: verb)
        guard let word = arguments.operands.first else {
            throw UsageError("millrace explain needs a MAPPING. See millrace status for those there are.")
        }
        let limit = try arguments["limit"]?.integer(in: 1...10_000) ?? 50
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let status = try client.report("/_millrace/status", as: StatusReport.self)
        let mapping = try MappingChoice.single(word, among: status.mappings)
        let query = "mapping=\(mapping.id)&limit=\(limit)"
        let decisions = try client.report("/_millrace/decisions?\(query)", as: DecisionReport.self)
        let discards = try client.report("/_millrace/discards?\(query)", as: DiscardReport.self)
        let letters = try client.report("/_millrace/dead-letters?\(query)", as: DeadLetterReport.self)
        if arguments.has("json") {
            let object = JSONObject([
                ("mapping", mapping.json), ("decisions", decisions.json["decisions"] ?? []),
                ("discards", discards.json["discards"] ?? []),
                ("deadLetters", letters.json["letters"] ?? []),
            ])
            StandardOutput.write(JSONValue.object(object).text + "\n")
        } else {
            let lines = ExplainView.lines(
                mapping, decisions.decisions, discards.discards, letters.letters)
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
        }
        return 0
    }
}

/// Lays out decisions and discards as text.
enum ExplainView {
    static func lines(
        _ mapping: MappingStatus, _ decisions: [DecisionEntry], _ discards: [DiscardEntry],
        _ letters: [DeadLetterEntry] = []
    ) -> [String] {
        let waits = mapping.waitsFor.isEmpty ? "" : ", waits for \(mapping.waitsFor)"
        var lines = [
            "\(mapping.sourceKind) \(mapping.sourceName) → \(mapping.function)  [\(mapping.state)\(waits)]  \(mapping.id)"
        ]
        if let scale = mapping.scale { lines.append("  \(scale.text)") }
        lines += ["", "DECISIONS"]
        lines +=
            decisions.isEmpty ? ["  none: every batch succeeded at once"] : decisions.map { "  " + line($0) }
        let inLine = LagView.inLine(mapping)
        if !inLine.isEmpty { lines += ["", "IN LINE"] + inLine.map { "  " + $0 } }
        lines += ["", "GIVEN UP"]
        lines += discards.isEmpty ? ["  nothing"] : discards.flatMap { self.lines($0) }
        guard !letters.isEmpty else { return lines }
        return lines + ["", "DEAD LETTERS"] + letters.map { "  " + line($0) }
    }

    /// `13:48:01.021  d290…  in dead, 3 receives, NEVER EXECUTED  {"order": 7}`.
    static func line(_ letter: DeadLetterEntry) -> String {
        let fate =
            switch letter.executions {
            case 0: ", NEVER EXECUTED"
            case .some(let count): ", \(count) execution(s) failed"
            case nil: ""
            }
        return
            "\(time(letter.sentAtMs))  \(letter.id)  in \(letter.queue), \(letter.receives) receive(s)\(fate)  "
            + letter.content.cut(to: 120)
    }

    static func line(_ decision: DecisionEntry) -> String {
        let shard = decision.shard.isEmpty ? "" : LagView.shortShard(decision.shard) + " "
        let request = decision.requestID.map { "  (request \($0.prefix(8)))" } ?? ""
        return "\(time(decision.atMs))  \(shard)\(decision.kind): \(decision.text)\(request)"
    }

    static func lines(_ discard: DiscardEntry) -> [String] {
        let shard = discard.shard.isEmpty ? "" : LagView.shortShard(discard.shard) + " "
        let destination = discard.destination.map { "reported to \($0)" } ?? "reported nowhere"
        let head =
            "  \(time(discard.atMs))  \(shard)\(discard.records.count) record(s), \(discard.reason) after "
            + "\(discard.attempts) invocation(s), \(destination)"
        let error = discard.error.map { ["      error: \(errorText($0).cut(to: 120))"] } ?? []
        return [head] + error + discard.records.map { "      \($0.key)  \($0.content.cut(to: 120))" }
    }

    /// Type and message of an error as the Runtime API writes them; anything else as it is.
    private static func errorText(_ payload: String) -> String {
        let json: JSONValue
        do { json = try JSONValue(parsing: Array(payload.utf8)) } catch { return payload }
        guard let message = json["errorMessage"]?.stringValue else { return payload }
        return (json["errorType"]?.stringValue.map { "\($0): " } ?? "") + message
    }

    /// `13:48:01.021`, UTC.
    static func time(_ milliseconds: Int64) -> String {
        let text = Timestamp(millisecondsSinceEpoch: milliseconds).iso8601Milliseconds
        return String(text.split(separator: "T").last?.dropLast() ?? "")
    }
}
