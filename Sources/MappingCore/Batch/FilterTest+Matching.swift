import EventModel

/// One value in a record that is neither object nor list, as bytes on loan.
enum FilterLeaf {
    /// UTF-8 without escapes.
    case text(UnsafeBufferPointer<UInt8>)
    /// As JSON writes it.
    case number(UnsafeBufferPointer<UInt8>)
    case flag(Bool)
    case null
}

extension FilterTest {
    /// Whether the test is true of a leaf that is there.
    func holds(of leaf: FilterLeaf) -> Bool {
        switch self {
        case .exists(let isThere): return isThere
        case .equals(let scalar): return Self.isEqual(leaf, scalar)
        case .numeric(let lower, let upper):
            guard case .number(let digits) = leaf else { return false }
            return Self.isWithin(DecimalValue(digits), lower, upper)
        case .anythingBut(let tests): return !tests.contains { $0.holds(of: leaf) }
        case .prefix, .suffix, .equalsIgnoringCase, .wildcard, .addressBlock:
            guard case .text(let text) = leaf else { return false }
            return holds(of: text)
        }
    }

    private func holds(of text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .prefix(let edge):
            return edge.compare(text) { $0.starts(with: edge.utf8) }
        case .suffix(let edge):
            return edge.compare(text) { $0.suffix(edge.utf8.count).elementsEqual(edge.utf8) }
        case .equalsIgnoringCase(let whole): return whole.compare(text) { $0.elementsEqual(whole.utf8) }
        case .wildcard(let wildcard): return wildcard.matches(text)
        case .addressBlock(let block): return FilterAddress(text).map(block.contains) ?? false
        case .equals, .exists, .numeric, .anythingBut:
            preconditionFailure("these are no tests of texts alone")
        }
    }

    private static func isEqual(_ leaf: FilterLeaf, _ scalar: FilterScalar) -> Bool {
        switch (leaf, scalar) {
        case (.text(let text), .text(let wanted)):
            text.count == wanted.count && text.elementsEqual(wanted)
        case (.number(let digits), .number(let wanted)): DecimalValue(digits) == wanted
        case (.flag(let flag), .flag(let wanted)): flag == wanted
        case (.null, .null): true
        case (.text, _), (.number, _), (.flag, _), (.null, _): false
        }
    }

    private static func isWithin(_ value: DecimalValue, _ lower: FilterBound?, _ upper: FilterBound?) -> Bool
    {
        if let lower {
            guard lower.value < value || lower.isIncluded && lower.value == value else { return false }
        }
        if let upper {
            guard value < upper.value || upper.isIncluded && upper.value == value else { return false }
        }
        return true
    }
}

extension FilterText {
    /// Hands the text over in the form to compare with.
    fileprivate func compare(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        guard ignoresCase else { return body(text) }
        return CaseFolding.folded(Array(text)).withUnsafeBufferPointer(body)
    }
}

extension FilterWildcard {
    /// The first part is a prefix, the last a suffix, and between them each other part is taken where it comes first.
    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let first = parts[0]
        guard parts.count > 1 else { return text.elementsEqual(first) }
        let last = parts[parts.count - 1]
        guard text.count >= first.count + last.count, text.starts(with: first),
            text.suffix(last.count).elementsEqual(last)
        else { return false }
        var position = first.count
        let end = text.count - last.count
        for part in parts.dropFirst().dropLast() {
            while position + part.count <= end,
                !text[position..<(position + part.count)].elementsEqual(part)
            {
                position += 1
            }
            guard position + part.count <= end else { return false }
            position += part.count
        }
        return true
    }
}
