/// A place in an item: an attribute, and names and indexes that lead on into it.
struct DocumentPath: Hashable, Sendable {
    enum Element: Hashable, Sendable {
        /// UTF-8.
        case name([UInt8])
        case index(Int)
    }

    /// The first one is a name.
    let elements: [Element]

    /// The attribute of the item in which the path begins; UTF-8.
    var attribute: [UInt8] {
        guard case .name(let name) = elements.first else { preconditionFailure("a path begins with a name") }
        return name
    }

    /// The attribute, when the path is nothing but its name.
    var onlyAttribute: [UInt8]? { elements.count == 1 ? attribute : nil }

    /// What stands there; `nil` when nothing does.
    func value(in item: AttributeMap) -> AttributeValue? {
        guard var value = item[bytes: attribute] else { return nil }
        for element in elements.dropFirst() {
            switch (element, value) {
            case (.name(let name), .map(let map)):
                guard let member = map[bytes: name] else { return nil }
                value = member
            case (.index(let index), .list(let list)):
                guard index < list.count else { return nil }
                value = list[index]
            case (.name, _), (.index, _): return nil
            }
        }
        return value
    }
}

extension DocumentPath: CustomStringConvertible {
    /// As DynamoDB shows paths in its errors: `[a, b, [1]]`.
    var description: String {
        let parts: [String] = elements.map { element in
            switch element {
            case .name(let name): String(decoding: name, as: UTF8.self)
            case .index(let index): "[\(index)]"
            }
        }
        return "[\(parts.joined(separator: ", "))]"
    }
}

// MARK: - Paths that get in each other's way

extension DocumentPath {
    enum Clash: Equatable {
        /// One is the other, or leads through it.
        case overlap
        /// One takes for a list what the other takes for a map.
        case conflict
    }

    private func clash(with other: DocumentPath) -> Clash? {
        for (mine, theirs) in zip(elements, other.elements) where mine != theirs {
            switch (mine, theirs) {
            case (.name, .name), (.index, .index): return nil
            case (.name, .index), (.index, .name): return .conflict
            }
        }
        return .overlap
    }

    /// The first pair of paths that may not stand in one expression; the one that was written first comes first.
    static func clash(in paths: [DocumentPath]) -> (Clash, DocumentPath, DocumentPath)? {
        // In this order a path stands directly before one that it clashes with, if there is any.
        let order = paths.indices.sorted { left, right in
            paths[left] == paths[right] ? left < right : paths[left].precedes(paths[right])
        }
        for (left, right) in zip(order, order.dropFirst()) {
            guard let clash = paths[left].clash(with: paths[right]) else { continue }
            return (clash, paths[min(left, right)], paths[max(left, right)])
        }
        return nil
    }

    private func precedes(_ other: DocumentPath) -> Bool {
        for (mine, theirs) in zip(elements, other.elements) where mine != theirs {
            switch (mine, theirs) {
            case (.name(let left), .name(let right)): return left.lexicographicallyPrecedes(right)
            case (.index(let left), .index(let right)): return left < right
            case (.index, .name): return true
            case (.name, .index): return false
            }
        }
        return elements.count < other.elements.count
    }
}

extension AttributeMap {
    /// By name in UTF-8.
    subscript(bytes name: [UInt8]) -> AttributeValue? { members.first { $0.name == name }?.value }
}
