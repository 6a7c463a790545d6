/// The first line of a request.
struct RequestLine: Equatable {
    let method: String
    /// From the first `/`, also if it came with scheme and host; or `*`.
    let target: String
    /// HTTP/1.0 instead of 1.1.
    let isOldVersion: Bool

    /// Reads `method target HTTP/1.x` (RFC 9112 §3).
    init(_ line: ArraySlice<UInt8>) throws(RequestError) {
        guard let first = line.firstIndex(of: UInt8(ascii: " ")),
            let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: " "))
        else { throw .malformed("a request line that has not three parts") }
        let method = line[..<first]
        let target = line[(first + 1)..<second]
        let version = line[(second + 1)...]
        guard !method.isEmpty, method.allSatisfy(isTokenCharacter) else {
            throw .malformed("a method that is no token")
        }
        guard !target.isEmpty, target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformed("a target with characters that must be encoded")
        }
        if version.elementsEqual("HTTP/1.1".utf8) {
            isOldVersion = false
        } else if version.elementsEqual("HTTP/1.0".utf8) {
            isOldVersion = true
        } else {
            throw Self.isOtherVersion(version)
                ? .unknownVersion : .malformed("a request line without a version")
        }
        self.method = String(decoding: method, as: UTF8.self)
        self.target = try Self.originForm(target, method: method)
    }

    /// `HTTP/`, a digit, a point, a digit.
    private static func isOtherVersion(_ version: ArraySlice<UInt8>) -> Bool {
        guard version.count == 8, version.starts(with: "HTTP/".utf8) else { return false }
        let digits = Array(version.suffix(3))
        return digits[0] &- UInt8(ascii: "0") <= 9 && digits[1] == UInt8(ascii: ".")
            && digits[2] &- UInt8(ascii: "0") <= 9
    }

    /// The target from its first `/` on (RFC 9112 §3.2).
    private static func originForm(
        _ target: ArraySlice<UInt8>, method: ArraySlice<UInt8>
    ) throws(RequestError) -> String {
        if target.first == UInt8(ascii: "/") { return String(decoding: target, as: UTF8.self) }
        if target.elementsEqual("*".utf8), method.elementsEqual("OPTIONS".utf8) { return "*" }
        guard let slashes = target.firstIndex(of: UInt8(ascii: "/")), slashes + 2 < target.endIndex,
            isSchemeOfHTTP(target[..<slashes]), target[slashes + 1] == UInt8(ascii: "/"),
            target[slashes + 2] != UInt8(ascii: "/"), target[slashes + 2] != UInt8(ascii: "?")
        else { throw .malformed("a target that is neither a path nor a URL") }
        let rest = target[(slashes + 2)...].drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let path = String(decoding: rest, as: UTF8.self)
        return path.hasPrefix("/") ? path : "/" + path
    }

    private static func isSchemeOfHTTP(_ scheme: ArraySlice<UInt8>) -> Bool {
        let scheme = scheme.map(lowerCased)
        return scheme.elementsEqual("http:".utf8) || scheme.elementsEqual("https:".utf8)
    }
}
