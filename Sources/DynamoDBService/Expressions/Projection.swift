/// Picks places out of an item and keeps what is around them.
struct Projection: Equatable, Sendable {
    let paths: [DocumentPath]

    /// The parts of the item that the paths name; list elements move together, in their order.
    func applied(to item: AttributeMap) -> AttributeMap {
        guard case .map(let map) = Self.pick(paths.map { $0.elements[...] }, from: .map(item)) else {
            return AttributeMap()
        }
        return map
    }

    /// `nil` when none of the paths leads anywhere.
    private static func pick(
        _ paths: [ArraySlice<DocumentPath.Element>], from value: AttributeValue
    ) -> AttributeValue? {
        guard !paths.contains(where: \.isEmpty) else { return value }
        var groups: [DocumentPath.Element: [ArraySlice<DocumentPath.Element>]] = [:]
        for path in paths {
            guard let first = path.first else { continue }
            groups[first, default: []].append(path.dropFirst())
        }
        switch value {
        case .map(let map):
            let members: [AttributeMap.Member] = map.members.compactMap { member in
                guard let inner = groups[.name(member.name)], let part = pick(inner, from: member.value)
                else { return nil }
                return AttributeMap.Member(name: member.name, value: part)
            }
            return members.isEmpty ? nil : .map(AttributeMap(members))
        case .list(let list):
            let members: [AttributeValue] = list.enumerated().compactMap { index, member in
                groups[.index(index)].flatMap { pick($0, from: member) }
            }
            return members.isEmpty ? nil : .list(members)
        case .string, .number, .binary, .stringSet, .numberSet, .binarySet, .bool, .null: return nil
        }
    }
}
