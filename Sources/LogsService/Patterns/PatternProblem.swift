import AWSWire

/// Why a filter pattern is refused.
package enum PatternProblem: Error, Equatable, CustomStringConvertible {
    /// An unquoted term with other characters than letters, digits and `_`.
    case characters(term: String)
    /// Anything else that is not a pattern; says what.
    case invalid(String)
    /// What patterns of CloudWatch have and Millrace does not; a full sentence.
    case unsupported(String)

    package var description: String {
        switch self {
        case .characters(let term): "Invalid character(s) in term '\(term)'"
        case .invalid(let what): "Invalid filter pattern: \(what)"
        case .unsupported(let what): what
        }
    }

    var wireError: AWSError {
        switch self {
        case .characters, .invalid: .invalid(description)
        case .unsupported(let what): .notSupported(what)
        }
    }
}
