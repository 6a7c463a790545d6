package import ByteCoding

/// A place in an event: `$`, `$.detail.id`, `$.resources[0]`, `$.detail['odd name']`.
package struct EventPath: Equatable, Sendable {
    private enum Step: Equatable, Sendable {
        case member(String)
        case element(Int)
    }

    package let text: String
    private let steps: [Step]

    /// `nil` when the text is no such path. Wildcards and filters are not there, as on AWS.
    package init?(_ text: String) {
        guard text.hasPrefix("$"), text.utf8.count <= 256 else { return nil }
        var steps: [Step] = []
        var rest = text.dropFirst()
        while let first = rest.first {
            rest.removeFirst()
            switch first {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty, !name.contains("*") else { return nil }
                steps.append(.member(String(name)))
                rest = rest.dropFirst(name.count)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let inside = rest[..<end]
                rest = rest[rest.index(after: end)...]
                if inside.count > 2, inside.hasPrefix("'"), inside.hasSuffix("'") {
                    steps.append(.member(String(inside.dropFirst().dropLast())))
                } else {
                    guard let index = Int(inside), index >= 0 else { return nil }
                    steps.append(.element(index))
                }
            default: return nil
            }
        }
        self.text = text
        self.steps = steps
    }

    /// What is at the place; `nil` when nothing is.
    package func value(in event: JSONValue) -> JSONValue? {
        var value = event
        for step in steps {
            switch step {
            case .member(let name):
                guard let next = value[name] else { return nil }
                value = next
            case .element(let index):
                guard let list = value.arrayValue, list.indices.contains(index) else { return nil }
                value = list[index]
            }
        }
        return value
    }
}
