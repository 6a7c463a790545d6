/// Searches in texts, byte by byte: filter patterns tell cases apart.
enum PatternText {
    static func contains(_ text: String, _ term: String) -> Bool {
        var text = text
        var term = term
        return text.withUTF8 { text in
            term.withUTF8 { term in
                guard let first = term.first else { return true }
                var start = 0
                while text.count - start >= term.count {
                    let rest = UnsafeBufferPointer(rebasing: text[start..<(text.count - term.count + 1)])
                    guard let offset = rest.firstIndex(of: first) else { return false }
                    start += offset
                    let candidate = UnsafeBufferPointer(rebasing: text[start..<(start + term.count)])
                    if candidate.elementsEqual(term) { return true }
                    start += 1
                }
                return false
            }
        }
    }

    /// Whether the whole text fits a pattern in which each `*` stands for any characters.
    static func fits(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
        var rest = Array(text.utf8)[...]
        guard rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else { return false }
        rest = rest.dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
