import AWSWire
import ByteCoding

/// Turns the flat names of the Query protocol into the tree that they mean: `Dimensions.member.1.Name` is the member
/// `Name` of the first element of the list `Dimensions`. All leaves are texts.
struct QueryTree {
    /// Deeper than any input of CloudWatch.
    private static let depthMax = 16

    private final class Node {
        var text: String?
        var children: [String: Node] = [:]
    }

    private let root = Node()

    /// `nil` for names that nest too deeply.
    init?(_ parameters: WireParameters) {
        for (name, value) in zip(parameters.names, parameters.values) {
            let path = name.split(separator: ".", omittingEmptySubsequences: false)
            guard path.count <= Self.depthMax else { return nil }
            var node = root
            for part in path {
                let key = String(part)
                if let child = node.children[key] {
                    node = child
                } else {
                    let child = Node()
                    node.children[key] = child
                    node = child
                }
            }
            if node.text == nil { node.text = value }
        }
    }

    var value: JSONValue { Self.value(of: root) }

    private static func value(of node: Node) -> JSONValue {
        if let text = node.text, node.children.isEmpty { return .string(text) }
        if let list = node.children["member"], node.children.count == 1, list.text == nil {
            let places = list.children.compactMap { key, child in Int(key).map { ($0, child) } }
            if places.count == list.children.count {
                return .array(places.sorted { $0.0 < $1.0 }.map { value(of: $0.1) })
            }
        }
        let members = node.children.sorted { $0.key < $1.key }.map { ($0.key, value(of: $0.value)) }
        return .object(JSONObject(members))
    }
}
