/// A value of a YAML or JSON file together with where it stands.
package struct DocumentNode: Equatable, Sendable {
    /// Line and column, both from 1.
    package struct Place: Hashable, Sendable {
        package let line: Int
        package let column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    package struct Member: Equatable, Sendable {
        package let key: String
        package let keyPlace: Place
        package let value: DocumentNode
    }

    package enum Content: Equatable, Sendable {
        /// `isPlain` is false for quoted and block text, which is never a number, a Boolean or null.
        case scalar(String, isPlain: Bool)
        case sequence([DocumentNode])
        /// In the order of the file; keys are unique.
        case mapping([Member])
    }

    package let place: Place
    /// A local tag as written (`!Ref`), `nil` for none and for those of YAML itself.
    package let tag: String?
    package let content: Content

    package init(place: Place, tag: String? = nil, content: Content) {
        self.place = place
        self.tag = tag
        self.content = content
    }
}

extension DocumentNode {
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The text of a scalar, whatever it stands for.
    package var text: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    package var members: [Member]? {
        guard case .mapping(let members) = content else { return nil }
        return members
    }

    package var elements: [DocumentNode]? {
        guard case .sequence(let elements) = content else { return nil }
        return elements
    }

    package subscript(_ key: String) -> DocumentNode? { members?.first { $0.key == key }?.value }

    /// What kind of value this is, for messages.
    package var kindName: String {
        switch content {
        case .scalar: isNull ? "null" : "a text or number"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}
