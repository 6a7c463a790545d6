import ByteCoding

/// Turns the parameters of a call into the JSON that the same call has as its body.
package enum QueryToJSON {
    /// - Parameter extra: Members that stand in where the parameters do not have them.
    package static func convert(
        _ parameters: WireParameters, to members: [QueryMember], extra: [(json: String, value: String)] = []
    ) throws(QueryProblem) -> [UInt8] {
        let tree = QueryTree(parameters)
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        for member in members {
            if let child = tree.children[member.wire] {
                try write(child, as: member, path: member.wire, to: &json)
            } else if let value = extra.first(where: { $0.json == member.json })?.value {
                json.key(escaping: member.json)
                json.value(value)
            }
        }
        json.endObject()
        return json.bytes
    }

    private static func write(
        _ tree: QueryTree, as member: QueryMember, path: String, to json: inout JSONWriter
    ) throws(QueryProblem) {
        // A number that is given as nothing is one that is not given.
        if case .integer = member.shape, tree.value ?? "" == "" { return }
        json.key(escaping: member.json)
        try write(tree, as: member.shape, path: path, to: &json)
    }

    private static func write(
        _ tree: QueryTree, as shape: QueryShape, path: String, to json: inout JSONWriter
    ) throws(QueryProblem) {
        switch shape {
        case .text: json.value(tree.value ?? "")
        case .integer:
            let text = tree.value ?? ""
            guard let number = Int64(text) else { throw .notAnInteger(parameter: path, value: text) }
            json.value(number)
        case .blob:
            let text = tree.value ?? ""
            guard Base64.decode(text) != nil else { throw .notBase64(parameter: path, value: text) }
            json.value(text)
        case .list(let element):
            json.beginArray()
            for (name, child) in tree.elements {
                try write(child, as: element, path: joined(path, name), to: &json)
            }
            json.endArray()
        case .map(let key, let value, let content):
            json.beginObject()
            for (name, child) in tree.elements {
                let pair = joined(path, name)
                guard let text = child.children[key]?.value else {
                    throw .missing(parameter: "\(pair).\(key)")
                }
                json.key(escaping: text)
                try write(
                    child.children[value] ?? QueryTree(), as: content, path: "\(pair).\(value)", to: &json)
            }
            json.endObject()
        case .structure(let members):
            json.beginObject()
            for member in members {
                guard let child = tree.children[member.wire] else { continue }
                try write(child, as: member, path: "\(path).\(member.wire)", to: &json)
            }
            json.endObject()
        }
    }

    private static func joined(_ path: String, _ name: String) -> String {
        name.isEmpty ? path : "\(path).\(name)"
    }
}
