/// What the header fields say about the connection and about where the request ends.
struct HeadFacts: Equatable {
    var contentLength: Int?
    var isChunked = false
    var expectsContinue = false
    var asksToClose = false
    var asksToKeep = false
    var hostCount = 0

    init(_ head: [UInt8], _ fields: [HeaderFields.Field]) throws(RequestError) {
        for field in fields {
            // The length of a name tells nearly all fields apart from those that matter.
            switch field.name.count {
            case 4 where named(head, field, "host"): hostCount += 1
            case 6 where named(head, field, "expect"):
                guard equals(head, field.value, "100-continue") else { throw .unknownExpectation }
                expectsContinue = true
            case 10 where named(head, field, "connection"): readConnection(head[field.value])
            case 14 where named(head, field, "content-length"):
                guard contentLength == nil else { throw .malformed("two Content-Length headers") }
                contentLength = try Self.length(head[field.value])
            case 17 where named(head, field, "transfer-encoding"):
                guard !isChunked else { throw .malformed("two Transfer-Encoding headers") }
                guard equals(head, field.value, "chunked") else { throw .unknownTransferCoding }
                isChunked = true
            default: break
            }
        }
        guard contentLength == nil || !isChunked else {
            throw .malformed("both Content-Length and Transfer-Encoding")
        }
    }

    private func named(_ head: [UInt8], _ field: HeaderFields.Field, _ name: StaticString) -> Bool {
        equals(head, field.name, name)
    }

    /// Compares with text in lower case.
    private func equals(_ head: [UInt8], _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count
        where lowerCased(head[range.lowerBound + offset]) != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func readConnection(_ value: ArraySlice<UInt8>) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let name = option.filter { !isBlank($0) }.map(lowerCased)
            if name.elementsEqual("close".utf8) { asksToClose = true }
            if name.elementsEqual("keep-alive".utf8) { asksToKeep = true }
        }
    }

    /// Digits only: no sign, no list, no blank.
    private static func length(_ value: ArraySlice<UInt8>) throws(RequestError) -> Int {
        guard !value.isEmpty else { throw .malformed("a Content-Length without a number") }
        var length = 0
        for byte in value {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                throw .malformed("a Content-Length that is no number")
            }
            guard length <= (Int.max - 9) / 10 else { throw .bodyTooLarge }
            length = length * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return length
    }
}
