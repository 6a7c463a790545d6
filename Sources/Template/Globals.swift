/// `Globals` of a serverless template: properties that every function starts with.
struct Globals {
    /// Of `Function`; `nil` when there is none.
    private let function: DocumentNode?

    init(_ section: DocumentNode?, problems: ProblemList) {
        function = section?["Function"]
        guard let section else { return }
        guard let members = section.members else {
            problems.add(section.place, "Globals has to be a map, but is \(section.kindName).")
            return
        }
        for member in members where member.key != "Function" {
            problems.add(member.keyPlace, "Globals.\(member.key) is not supported; Globals.Function is.")
        }
    }

    /// The function's own properties on top of the common ones, by the rules of the SAM specification: own texts and
    /// numbers replace, maps are merged, own list elements follow the common ones.
    func applied(to properties: DocumentNode?, at place: DocumentNode.Place) -> DocumentNode {
        let own = properties ?? DocumentNode(place: place, content: .mapping([]))
        guard let function else { return own }
        return Self.merged(function, own)
    }

    private static func merged(_ common: DocumentNode, _ own: DocumentNode) -> DocumentNode {
        // A function call is one value, whatever it looks like.
        guard IntrinsicCall(common) == nil, IntrinsicCall(own) == nil else { return own }
        switch (common.content, own.content) {
        case (.mapping(let common), .mapping(let members)):
            var result = common.map { member in
                guard let mine = members.first(where: { $0.key == member.key }) else { return member }
                return DocumentNode.Member(
                    key: mine.key, keyPlace: mine.keyPlace, value: merged(member.value, mine.value))
            }
            result += members.filter { member in !common.contains { $0.key == member.key } }
            return DocumentNode(place: own.place, tag: own.tag, content: .mapping(result))
        case (.sequence(let common), .sequence(let elements)):
            return DocumentNode(place: own.place, tag: own.tag, content: .sequence(common + elements))
        case (.scalar, _), (.sequence, _), (.mapping, _): return own
        }
    }
}
