/// The path of a route, with its variable parts in braces: `/2015-03-31/event-source-mappings/{UUID}`.
///
/// `{ARN+}` takes the rest of the path, slashes included. A slash at the end of a path makes no difference.
package struct RoutePattern: Sendable {
    private enum Part: Sendable {
        case literal(String)
        case variable(String)
        case rest(String)
    }

    private let parts: [Part]

    package init(_ pattern: String) {
        parts = pattern.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("+") ? .rest(String(name.dropLast())) : .variable(String(name))
        }
    }

    /// The variable parts of a raw path, percent-decoded; `nil` when the path is another one.
    package func match(_ path: some StringProtocol) -> [String: String]? {
        var found: [String: String] = [:]
        var segments = path.split(separator: "/")[...]
        for part in parts {
            guard let segment = segments.first else { return nil }
            switch part {
            case .literal(let text):
                guard segment == text else { return nil }
                segments.removeFirst()
            case .variable(let name):
                guard let value = PercentCoding.decoded(segment.utf8) else { return nil }
                found[name] = value
                segments.removeFirst()
            case .rest(let name):
                guard let value = PercentCoding.decoded(segments.joined(separator: "/").utf8) else {
                    return nil
                }
                found[name] = value
                segments = []
            }
        }
        return segments.isEmpty ? found : nil
    }
}
