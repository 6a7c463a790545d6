import Glibc

/// A regular expression of a filter pattern, run by the C library.
///
/// CloudWatch has characters, classes, `. ^ $ ? * + {n,m}`, `|`, and `\d \s \w` with their opposites; no groups and no
/// references, so that a match takes time in proportion to the text.
final class RegularExpression {
    private var compiled = regex_t()
    let source: String

    /// Greatest count in braces (our own): the library makes a copy of the state for each.
    private static let repetitionsMax = 255

    init(_ source: String) throws(PatternProblem) {
        self.source = source
        let translated = try Self.translate(source)
        guard regcomp(&compiled, translated, REG_EXTENDED | REG_NOSUB) == 0 else {
            throw .invalid("%\(source)% is not a regular expression.")
        }
    }

    deinit { regfree(&compiled) }

    func matches(_ text: String) -> Bool { regexec(&compiled, text, 0, nil, 0) == 0 }

    /// The same expression in the words of POSIX.
    private static func translate(_ source: String) throws(PatternProblem) -> String {
        guard !source.isEmpty else { throw .invalid("%% has no expression between its signs.") }
        var scanner = Scanner(rest: source[...], whole: source)
        while let character = scanner.next() { try scanner.take(character) }
        guard !scanner.isInBrackets else { throw .invalid("%\(source)% has a bracket that does not end.") }
        return scanner.translated
    }

    private struct Scanner {
        var rest: Substring
        let whole: String
        var translated = ""
        var isInBrackets = false
        private var endsWithQuantifier = false

        init(rest: Substring, whole: String) {
            self.rest = rest
            self.whole = whole
        }

        mutating func next() -> Character? { rest.popFirst() }

        mutating func take(_ character: Character) throws(PatternProblem) {
            let wasQuantifier = endsWithQuantifier
            endsWithQuantifier = false
            switch character {
            case "\\": try takeEscape()
            case "(", ")":
                if !isInBrackets {
                    throw .invalid("%\(whole)% has a group; filter patterns have none.")
                }
                translated.append(character)
            case "[":
                isInBrackets = true
                translated.append(character)
            case "]":
                isInBrackets = false
                translated.append(character)
            case "*", "+", "?", "{":
                if isInBrackets {
                    translated.append(character)
                    return
                }
                // The library multiplies the counts of one quantifier behind another.
                if wasQuantifier { throw .invalid("%\(whole)% has one quantifier behind another.") }
                endsWithQuantifier = true
                translated.append(character)
                if character == "{" { try takeCounts() }
            default: translated.append(character)
            }
        }

        private mutating func takeCounts() throws(PatternProblem) {
            guard let end = rest.firstIndex(of: "}") else {
                throw .invalid("%\(whole)% has a brace that does not end.")
            }
            let counts = rest[..<end].split(separator: ",", omittingEmptySubsequences: false)
            let isCount = counts.allSatisfy { count in
                count.isEmpty || Int(count).map { (0...repetitionsMax).contains($0) } ?? false
            }
            guard (1...2).contains(counts.count), isCount, counts.first?.isEmpty == false else {
                throw .invalid("%\(whole)% has counts that are not 0 to \(repetitionsMax).")
            }
            translated += rest[...end]
            rest = rest[rest.index(after: end)...]
        }

        private mutating func takeEscape() throws(PatternProblem) {
            guard let escaped = rest.popFirst() else { throw .invalid("%\(whole)% ends with a backslash.") }
            let classes: [Character: String] = ["d": "0-9", "w": "[:alnum:]_", "s": "[:space:]"]
            if let members = classes[escaped] {
                translated += isInBrackets ? members : "[\(members)]"
            } else if let members = classes[Character(escaped.lowercased())] {
                if isInBrackets { throw .invalid("%\(whole)% has \\\(escaped) between brackets.") }
                translated += "[^\(members)]"
            } else if escaped.isLetter || escaped.isNumber {
                throw .invalid("%\(whole)% has \\\(escaped), which filter patterns do not have.")
            } else if isInBrackets {
                // There a backslash stands for itself in POSIX.
                if escaped == "]" || escaped == "^" || escaped == "-" {
                    throw .invalid("%\(whole)% has \\\(escaped) between brackets.")
                }
                translated.append(escaped)
            } else {
                translated += "\\\(escaped)"
            }
        }

        private var repetitionsMax: Int { RegularExpression.repetitionsMax }
    }
}
