import CCBOR

/// Finds one piece of CBOR after the other; libcbor knows the format.
struct CBORScanner {
    /// A data item, or the beginning or end of one.
    enum Item: Equatable {
        case unsigned(UInt64)
        /// -1 minus the number.
        case negative(UInt64)
        /// Where in the bytes.
        case bytes(Range<Int>)
        case text(Range<Int>)
        /// Pieces of the same kind follow, up to a break.
        case bytesInPieces
        case textInPieces
        /// So many elements follow, or any number up to a break.
        case array(count: UInt64?)
        /// So many pairs follow, or any number up to a break.
        case map(count: UInt64?)
        /// Belongs to the item that follows.
        case tag(UInt64)
        case float(Double)
        case bool(Bool)
        /// Null, or undefined.
        case null
        case end
    }

    let bytes: [UInt8]
    /// Where the next item starts.
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    func error(_ reason: String) -> CBORError { CBORError(offset: position, reason: reason) }

    mutating func next() throws(CBORError) -> Item {
        guard position < bytes.count else { throw error("an item is missing") }
        var found = Found()
        let result = bytes.withUnsafeBufferPointer { buffer in
            let rest = UnsafeBufferPointer(rebasing: buffer[position...])
            found.start = buffer.baseAddress
            return cbor_stream_decode(rest.baseAddress, rest.count, CBORCallbacks.table, &found)
        }
        // Reserved numbers make libcbor call nobody, or report an error.
        guard result.status == CBOR_DECODER_FINISHED, let item = found.item else {
            throw error(
                result.status == CBOR_DECODER_NEDATA
                    ? "the bytes end inside of an item" : "the item has no meaning")
        }
        position += Int(result.read)
        return item
    }
}

/// What a callback leaves behind.
private struct Found {
    var item: CBORScanner.Item?
    var start: UnsafePointer<UInt8>?
}

private enum CBORCallbacks {
    /// Filled once, never changed and never freed.
    nonisolated(unsafe) static let table: UnsafePointer<cbor_callbacks> = {
        let table = UnsafeMutablePointer<cbor_callbacks>.allocate(capacity: 1)
        var calls = cbor_empty_callbacks
        setNumbers(&calls)
        setStrings(&calls)
        setContainers(&calls)
        table.initialize(to: calls)
        return UnsafePointer(table)
    }()

    private static func setNumbers(_ calls: inout cbor_callbacks) {
        calls.uint8 = { note($0, .unsigned(UInt64($1))) }
        calls.uint16 = { note($0, .unsigned(UInt64($1))) }
        calls.uint32 = { note($0, .unsigned(UInt64($1))) }
        calls.uint64 = { note($0, .unsigned(UInt64($1))) }
        calls.negint8 = { note($0, .negative(UInt64($1))) }
        calls.negint16 = { note($0, .negative(UInt64($1))) }
        calls.negint32 = { note($0, .negative(UInt64($1))) }
        calls.negint64 = { note($0, .negative(UInt64($1))) }
        calls.float2 = { note($0, .float(Double($1))) }
        calls.float4 = { note($0, .float(Double($1))) }
        calls.float8 = { note($0, .float($1)) }
        calls.boolean = { note($0, .bool($1)) }
        calls.null = { note($0, .null) }
        calls.undefined = { note($0, .null) }
    }

    private static func setStrings(_ calls: inout cbor_callbacks) {
        calls.byte_string = { context, content, count in
            guard let range = place(context, content, Int(count)) else { return }
            note(context, .bytes(range))
        }
        calls.string = { context, content, count in
            guard let range = place(context, content, Int(count)) else { return }
            note(context, .text(range))
        }
        calls.byte_string_start = { note($0, .bytesInPieces) }
        calls.string_start = { note($0, .textInPieces) }
    }

    private static func setContainers(_ calls: inout cbor_callbacks) {
        calls.array_start = { note($0, .array(count: UInt64(truncatingIfNeeded: $1))) }
        calls.indef_array_start = { note($0, .array(count: nil)) }
        calls.map_start = { note($0, .map(count: UInt64(truncatingIfNeeded: $1))) }
        calls.indef_map_start = { note($0, .map(count: nil)) }
        calls.tag = { note($0, .tag($1)) }
        calls.indef_break = { note($0, .end) }
    }
}

private func note(_ context: UnsafeMutableRawPointer?, _ item: CBORScanner.Item) {
    context?.assumingMemoryBound(to: Found.self).pointee.item = item
}

/// Where in the scanner's bytes libcbor found a string.
private func place(
    _ context: UnsafeMutableRawPointer?, _ content: UnsafePointer<UInt8>?, _ count: Int
) -> Range<Int>? {
    guard let start = context?.assumingMemoryBound(to: Found.self).pointee.start, let content else {
        return nil
    }
    let first = content - start
    return first..<first + count
}
