/// Parameters of the Query protocol as the tree that their dotted names describe: `Attribute.1.Name=…`.
struct QueryTree: Equatable {
    /// The deepest name that a service has is seven parts long (`MessageAttribute` in a batch entry).
    private static let depth = 10

    private(set) var value: String?
    private(set) var children: [String: QueryTree] = [:]

    init() {}

    /// Of parameters with one name the first counts.
    init(_ parameters: WireParameters) {
        for (name, value) in zip(parameters.names, parameters.values) {
            let parts = name.split(separator: ".", maxSplits: Self.depth, omittingEmptySubsequences: false)
            insert(value, at: parts[...])
        }
    }

    private mutating func insert(_ value: String, at path: ArraySlice<Substring>) {
        guard let first = path.first else {
            if self.value == nil { self.value = value }
            return
        }
        children[String(first), default: QueryTree()].insert(value, at: path.dropFirst())
    }

    /// The elements of a list, in the order of their numbers, with the names of their branches.
    ///
    /// One element may stand without a number (`AttributeName=All`, `Attribute.Name=…`), as SQS takes it.
    var elements: [(name: String, tree: QueryTree)] {
        if let member = children["member"], children.count == 1 {
            return member.elements.map { ("member.\($0.name)", $0.tree) }
        }
        let numbered = children.compactMap { child in Int(child.key).map { (number: $0, child: child) } }
            .sorted { $0.number < $1.number }
        guard numbered.isEmpty else { return numbered.map { ($0.child.key, $0.child.value) } }
        // What SDKs send for an empty list is the bare name with nothing behind it.
        return (value ?? "").isEmpty && children.isEmpty ? [] : [("", self)]
    }
}
