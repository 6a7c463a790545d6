/// `!Name argument`, or a map of the one key `Fn::Name` (`Ref`, `Condition`) and its argument.
struct IntrinsicCall {
    /// Without `Fn::` or `!`.
    let name: String
    /// As written, for messages.
    let spelling: String
    let argument: DocumentNode
    let place: DocumentNode.Place

    private static let shortNames: Set<String> = [
        "Ref", "GetAtt", "Sub", "Join", "If", "Equals", "And", "Or", "Not", "Condition", "FindInMap",
        "Select",
        "Split", "Base64", "Cidr", "GetAZs", "ImportValue", "Transform",
    ]

    init?(_ node: DocumentNode) {
        if let tag = node.tag {
            let name = String(tag.dropFirst())
            guard Self.shortNames.contains(name) else { return nil }
            self.name = name
            spelling = tag
            argument = DocumentNode(place: node.place, content: node.content)
        } else {
            guard let members = node.members, members.count == 1, let member = members.first else {
                return nil
            }
            guard member.key == "Ref" || member.key.hasPrefix("Fn::") else { return nil }
            name = member.key == "Ref" ? "Ref" : String(member.key.dropFirst(4))
            spelling = member.key
            argument = member.value
        }
        place = node.place
    }
}

/// A part of the text of `Fn::Sub`.
enum SubstitutionPiece: Equatable {
    case literal(String)
    /// What stands between `${` and `}`.
    case reference(String)

    /// Cuts a text into pieces; `${!name}` stands for the literal `${name}`.
    static func pieces(of text: String) -> [SubstitutionPiece] {
        var pieces: [SubstitutionPiece] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.first {
            guard rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") else {
                literal.append(character)
                rest.removeFirst()
                continue
            }
            let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
            rest = rest[rest.index(after: end)...]
            if name.hasPrefix("!") {
                literal += "${" + name.dropFirst() + "}"
                continue
            }
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = ""
            let trimmed = name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            pieces.append(.reference(String(trimmed)))
        }
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }
}
