import ByteCoding

/// What a target gets in place of the event: a JSON text, or lines that are JSON strings, with `<names>` to be filled in.
package struct InputTemplate: Equatable, Sendable {
    package enum Piece: Equatable, Sendable {
        case text(String)
        /// Inside of a JSON string only the characters of a value are put in.
        case variable(String, isInString: Bool)
    }

    /// Names that every template may use (EventBridge user guide, "Predefined variables").
    package enum Predefined: String, CaseIterable, Sendable {
        case ruleARN = "aws.events.rule-arn"
        case ruleName = "aws.events.rule-name"
        case ingestionTime = "aws.events.event.ingestion-time"
        /// The event without its detail.
        case event = "aws.events.event"
        case wholeEvent = "aws.events.event.json"
    }

    package let pieces: [Piece]

    /// - Parameter names: The variables that have a path.
    /// - Throws: What is wrong, in words for the caller.
    package init(_ text: String, names: some Collection<String>) throws(FilterProblem) {
        pieces = Self.pieces(of: text)
        for case .variable(let name, _) in pieces
        where !names.contains(name) && Predefined(rawValue: name) == nil {
            throw FilterProblem("the placeholder <\(name)> has no path in InputPathsMap")
        }
        // Whether it is JSON can be seen as soon as something stands in each place.
        var sample = ""
        for piece in pieces {
            switch piece {
            case .text(let text): sample += text
            case .variable(_, let isInString): sample += isInString ? "" : "null"
            }
        }
        guard Self.isJSON(sample) || sample.split(separator: "\n").allSatisfy({ Self.isJSON($0) }) else {
            throw FilterProblem("the template is neither JSON nor lines of JSON strings")
        }
    }

    private static func isJSON(_ text: some StringProtocol) -> Bool {
        do throws(JSONError) {
            _ = try JSONValue(parsing: Array(text.utf8))
            return true
        } catch {
            return false
        }
    }

    private static func pieces(of template: String) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var isInString = false
        var rest = template[...]
        while let character = rest.popFirst() {
            switch character {
            case "\\" where isInString:
                text.append(character)
                if let escaped = rest.popFirst() { text.append(escaped) }
            case "\"":
                isInString.toggle()
                text.append(character)
            case "<":
                guard let end = rest.firstIndex(of: ">"), isName(rest[..<end]) else {
                    text.append(character)
                    continue
                }
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.variable(String(rest[..<end]), isInString: isInString))
                rest = rest[rest.index(after: end)...]
            default: text.append(character)
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                    || $0 == "_" || $0 == "-" || $0 == "."
            }
    }
}
