/// Terms of a message that is any text: all that stand alone, none with `-`, and one of those with `?`.
struct TermPattern {
    private enum Term {
        case text(String)
        case expression(RegularExpression)

        func isIn(_ message: String) -> Bool {
            switch self {
            case .text(let text): PatternText.contains(message, text)
            case .expression(let expression): expression.matches(message)
            }
        }
    }

    private var required: [Term] = []
    private var optional: [Term] = []
    private var excluded: [Term] = []

    init(parsing text: Substring) throws(PatternProblem) {
        var rest = text
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard let first = rest.first else { return }
            switch first {
            case "?":
                rest.removeFirst()
                optional.append(try Self.term(&rest))
            case "-":
                rest.removeFirst()
                excluded.append(try Self.term(&rest))
            default: required.append(try Self.term(&rest))
            }
        }
    }

    private static func term(_ rest: inout Substring) throws(PatternProblem) -> Term {
        switch rest.first {
        case "\"": return .text(try quoted(&rest))
        case "%": return .expression(try expression(&rest))
        default:
            let word = rest.prefix { !$0.isWhitespace }
            rest = rest.dropFirst(word.count)
            guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
                throw .characters(term: String(word))
            }
            return .text(String(word))
        }
    }

    /// A text between quotes, in which `\` stands before a quote or itself.
    static func quoted(_ rest: inout Substring) throws(PatternProblem) -> String {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "\\":
                guard let escaped = rest.popFirst() else { break }
                if escaped != "\"", escaped != "\\" { text.append("\\") }
                text.append(escaped)
            default: text.append(character)
            }
        }
        throw .invalid("a quoted text does not end.")
    }

    /// An expression between percent signs; one that is meant is written `\%`.
    static func expression(_ rest: inout Substring) throws(PatternProblem) -> RegularExpression {
        rest.removeFirst()
        var source = ""
        while let character = rest.popFirst() {
            switch character {
            case "%": return try RegularExpression(source)
            case "\\":
                guard let escaped = rest.popFirst() else { break }
                source += escaped == "%" ? "%" : "\\\(escaped)"
            default: source.append(character)
            }
        }
        throw .invalid("a regular expression does not end.")
    }

    func matches(_ message: String) -> Bool {
        guard required.allSatisfy({ $0.isIn(message) }), !excluded.contains(where: { $0.isIn(message) })
        else { return false }
        // Beside other terms those with a question mark mean nothing (CloudWatch Logs user guide).
        guard required.isEmpty, excluded.isEmpty, !optional.isEmpty else { return true }
        return optional.contains { $0.isIn(message) }
    }
}
