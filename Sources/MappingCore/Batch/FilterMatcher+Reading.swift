import ByteCoding
import EventModel

/// Where the value of a member is looked for: objects and leaves may go different ways.
private struct Destination {
    /// For objects: the name as it is, dots and all.
    var object: RecordFilter.Node?
    /// For leaves: a name with dots stands for nested names.
    var leaf: RecordFilter.Node?

    var isNowhere: Bool { object == nil && leaf == nil }
}

extension FilterMatcher {
    /// Reads members until `closing`, or to the end of the text when that is 0; returns the position behind it.
    mutating func readMembers(
        _ json: JSONScanner, from start: Int, closing: UInt8, below node: RecordFilter.Node, depth: Int
    ) throws(JSONError) -> Int {
        objects += 1
        let object = objects
        var position = json.afterSpace(start)
        if isEnd(json, position, closing) { return position + 1 }
        var hasNext = true
        while hasNext {
            let first = try json.expect(UInt8(ascii: "\""), at: position)
            let (quote, hasEscapes) = try json.stringEnd(from: first)
            let value = json.afterSpace(try json.expect(UInt8(ascii: ":"), at: quote + 1))
            let target: Destination
            if hasEscapes {
                var name: [UInt8] = []
                try json.unescape(first..<quote, into: &name)
                target = name.withUnsafeBufferPointer { destination(of: $0, below: node, in: object) }
            } else {
                let name = UnsafeBufferPointer(rebasing: json.text[first..<quote])
                target = destination(of: name, below: node, in: object)
            }
            let end =
                target.isNowhere
                ? try json.valueEnd(from: value, depth: depth)
                : try readValue(json, at: value, target, depth: depth)
            position = json.afterSpace(end)
            hasNext = !isEnd(json, position, closing)
            if hasNext { position = try json.expect(UInt8(ascii: ","), at: position) }
        }
        return position + 1
    }

    private func isEnd(_ json: JSONScanner, _ position: Int, _ closing: UInt8) -> Bool {
        closing == 0 ? position == json.text.count : json.byte(at: position) == closing
    }

    private mutating func readValue(
        _ json: JSONScanner, at start: Int, _ target: Destination, depth: Int
    ) throws(JSONError) -> Int {
        switch json.byte(at: start) {
        case UInt8(ascii: "{"):
            guard let node = target.object, !filter.program.places[node.index].branches.isEmpty,
                depth < JSONReader.depthMax
            else { return try json.valueEnd(from: start, depth: depth) }
            return try readMembers(
                json, from: start + 1, closing: UInt8(ascii: "}"), below: node, depth: depth + 1)
        case UInt8(ascii: "["):
            guard depth < JSONReader.depthMax else { return try json.valueEnd(from: start, depth: depth) }
            return try readElements(json, from: start + 1, target, depth: depth + 1)
        default:
            let end = try json.valueEnd(from: start, depth: depth)
            if let node = target.leaf, !filter.program.places[node.index].fields.isEmpty {
                try noteLeaf(json, start..<end, at: node)
            }
            return end
        }
    }

    private mutating func readElements(
        _ json: JSONScanner, from start: Int, _ target: Destination, depth: Int
    ) throws(JSONError) -> Int {
        let closing = UInt8(ascii: "]")
        var position = json.afterSpace(start)
        if json.byte(at: position) == closing { return position + 1 }
        var hasNext = true
        while hasNext {
            position = json.afterSpace(try readValue(json, at: position, target, depth: depth))
            hasNext = json.byte(at: position) != closing
            if hasNext { position = json.afterSpace(try json.expect(UInt8(ascii: ","), at: position)) }
        }
        return position + 1
    }

    /// A value that is checked and neither object nor list.
    private mutating func noteLeaf(
        _ json: JSONScanner, _ range: Range<Int>, at node: RecordFilter.Node
    ) throws(JSONError) {
        switch json.byte(at: range.lowerBound) {
        case UInt8(ascii: "\""):
            let content = (range.lowerBound + 1)..<(range.upperBound - 1)
            let raw = UnsafeBufferPointer(rebasing: json.text[content])
            guard raw.contains(UInt8(ascii: "\\")) else { return note(.text(raw), at: node) }
            var text: [UInt8] = []
            try json.unescape(content, into: &text)
            text.withUnsafeBufferPointer { note(.text($0), at: node) }
        case UInt8(ascii: "t"): note(.flag(true), at: node)
        case UInt8(ascii: "f"): note(.flag(false), at: node)
        case UInt8(ascii: "n"): note(.null, at: node)
        default: note(.number(UnsafeBufferPointer(rebasing: json.text[range])), at: node)
        }
    }
}

// MARK: - Names

extension FilterMatcher {
    /// Where a member goes, noting whether its name came before in the same object.
    private mutating func destination(
        of name: UnsafeBufferPointer<UInt8>, below node: RecordFilter.Node, in object: Int
    ) -> Destination {
        var target = Destination()
        var isDotted = false
        for index in filter.program.places[node.index].branches {
            let branch = filter.program.branches[index]
            guard filter.program.begins(name, with: branch.name) else { continue }
            if name.count == branch.name.count {
                target.object = branch.node
            } else if !branch.hasDots, name[branch.name.count] == UInt8(ascii: ".") {
                let rest = UnsafeBufferPointer(rebasing: name[(branch.name.count + 1)...])
                if let leaf = leafNode(rest, below: branch.node) {
                    target.leaf = leaf
                    isDotted = true
                }
            }
        }
        if target.isNowhere { return target }
        // A name with dots that is met whole is one level of objects; its leaves belong to the nested names.
        isDotted = isDotted || name.contains(UInt8(ascii: "."))
        if isDotted {
            noteDotted(name, in: object)
        } else {
            target.leaf = target.object
            if let index = target.object?.index {
                if seen[index] == object { hasRepeatedName = true }
                seen[index] = object
            }
        }
        return target
    }

    /// Follows a name piece by piece, each piece being a whole name of a pattern.
    private func leafNode(
        _ name: UnsafeBufferPointer<UInt8>, below node: RecordFilter.Node
    ) -> RecordFilter.Node? {
        let end = name.firstIndex(of: UInt8(ascii: ".")) ?? name.count
        let piece = name[..<end]
        guard
            let branch = filter.places[node.index].branches.first(where: { $0.name.elementsEqual(piece) })
        else { return nil }
        guard end < name.count else { return branch.node }
        return leafNode(UnsafeBufferPointer(rebasing: name[(end + 1)...]), below: branch.node)
    }

    private mutating func noteDotted(_ name: UnsafeBufferPointer<UInt8>, in object: Int) {
        let isRepeated = dotted.contains { $0.object == object && $0.name.elementsEqual(name) }
        if isRepeated { hasRepeatedName = true } else { dotted.append((object, Array(name))) }
    }
}
