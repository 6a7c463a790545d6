/// A filter pattern: terms that a message must have, or conditions on a message that is JSON.
package struct FilterPattern {
    private enum Form {
        case terms(TermPattern)
        case json(JSONCondition)
    }

    private let form: Form

    /// - Parameter text: Empty for a pattern that every message matches.
    package init(_ text: String) throws(PatternProblem) {
        let trimmed = text.trimmingSpaces
        if trimmed.hasPrefix("{") {
            form = .json(try JSONCondition(parsing: trimmed))
        } else if trimmed.hasPrefix("[") {
            throw .unsupported(
                "Millrace does not support filter patterns for space-delimited messages ([column, …]) yet.")
        } else {
            form = .terms(try TermPattern(parsing: trimmed))
        }
    }

    package func matches(_ message: String) -> Bool {
        switch form {
        case .terms(let terms): terms.matches(message)
        case .json(let condition): condition.matches(message: message)
        }
    }
}

extension String {
    /// Without spaces, tabs and line feeds at both ends.
    var trimmingSpaces: Substring {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
