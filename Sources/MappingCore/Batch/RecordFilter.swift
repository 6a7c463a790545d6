package import EventModel

/// A mapping's filters compiled into one tree of names, so that a record is read once for all of them.
package struct RecordFilter: Sendable {
    /// A place in records that some pattern looks at or below.
    package struct Node: Hashable, Sendable {
        let index: Int
        /// The record itself.
        package static let root = Node(index: 0)
    }

    struct Branch: Sendable {
        let name: [UInt8]
        let node: Node
        /// A name with dots is never one piece of a longer one.
        let hasDots: Bool
    }

    struct Place: Sendable {
        var branches: [Branch] = []
        /// Fields that test the leaves here.
        var fields: [Int] = []
    }

    struct Field: Sendable {
        let tests: [FilterTest]
        /// Whether one of the tests is true when there is no leaf.
        let acceptsAbsence: Bool
    }

    indirect enum Rule: Sendable {
        case field(Int)
        case all([Rule])
        case any([Rule])
    }

    private(set) var places: [Place] = [Place()]
    private(set) var fields: [Field] = []
    private(set) var rule = Rule.any([])
    /// The same, as the matcher goes through it.
    private(set) var program = FilterProgram()

    /// - Parameter patterns: One is enough to match; at least one.
    package init(_ patterns: [FilterPattern]) {
        precondition(!patterns.isEmpty, "without patterns there is nothing to filter")
        rule = .any(patterns.map { compile($0.condition) })
        program = FilterProgram(self)
    }

    private mutating func compile(_ condition: FilterCondition) -> Rule {
        switch condition {
        case .all(let conditions): return .all(conditions.map { compile($0) })
        case .any(let conditions): return .any(conditions.map { compile($0) })
        case .field(let field):
            var node = Node.root
            for name in field.path { node = branch(of: node, named: Array(name.utf8)) }
            places[node.index].fields.append(fields.count)
            fields.append(Field(tests: field.tests, acceptsAbsence: field.tests.contains(.exists(false))))
            return .field(fields.count - 1)
        }
    }

    private mutating func branch(of node: Node, named name: [UInt8]) -> Node {
        if let known = places[node.index].branches.first(where: { $0.name == name }) { return known.node }
        let new = Node(index: places.count)
        places.append(Place())
        places[node.index].branches.append(
            Branch(name: name, node: new, hasDots: name.contains(UInt8(ascii: "."))))
        return new
    }

    /// The place of a path, if any pattern looks there or below.
    package func node(_ path: String...) -> Node? {
        var node = Node.root
        for name in path {
            let utf8 = Array(name.utf8)
            guard let next = places[node.index].branches.first(where: { $0.name == utf8 }) else { return nil }
            node = next.node
        }
        return node
    }

    /// Fields that test what lies below a place, those of the place itself left out.
    func fields(below node: Node) -> [Int] {
        places[node.index].branches.flatMap { places[$0.node.index].fields + fields(below: $0.node) }
    }

    func fields(at node: Node) -> [Int] { places[node.index].fields }

    /// Whether a pattern looks at anything outside of one member of the record.
    package func looks(beyond member: String) -> Bool {
        places[0].branches.contains { $0.name != Array(member.utf8) } || !places[0].fields.isEmpty
    }
}
