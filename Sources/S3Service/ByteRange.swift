import AWSWire

/// What a `Range` header asks for of a body.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int>)

    /// One range in bytes; a header of any other form, or with several ranges, means nothing (RFC 9110 §14.2).
    ///
    /// - Throws: `InvalidRange` when no byte is in the range.
    init(_ header: String?, of size: Int) throws(AWSError) {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else {
            self = .whole
            return
        }
        let parts = header.dropFirst("bytes=".count)
            .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            self = .whole
            return
        }
        let first = Int(parts[0])
        let last = Int(parts[1])
        switch (parts[0].isEmpty, first, parts[1].isEmpty, last) {
        case (false, let first?, true, _) where first >= 0:
            guard first < size else { throw Self.unsatisfiable(header, size) }
            self = .part(first..<size)
        case (false, let first?, false, let last?) where first >= 0 && last >= first:
            guard first < size else { throw Self.unsatisfiable(header, size) }
            self = .part(first..<min(size, last + 1))
        case (true, _, false, let count?) where count >= 0:
            guard count > 0, size > 0 else { throw Self.unsatisfiable(header, size) }
            self = .part(max(0, size - count)..<size)
        default: self = .whole
        }
    }

    private static func unsatisfiable(_ header: String, _ size: Int) -> AWSError {
        AWSError("InvalidRange", "The requested range is not satisfiable", status: 416)
            .with("RangeRequested", header).with("ActualObjectSize", String(size))
    }
}
