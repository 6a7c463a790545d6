import ByteCoding
import HTTP
import Testing
import WireTesting

/// Listings against a model that is obviously right: all keys in an array.
@Suite("Listings of S3")
struct ListingTests {
    private struct Dice {
        var state: UInt64
        mutating func roll(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    /// What a listing from its beginning to its end has to give, keys and groups in order.
    private static func model(_ keys: [String], prefix: String, delimiter: String) -> [String] {
        var found: [String] = []
        for key in keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        where key.hasPrefix(prefix) {
            let rest = key.dropFirst(prefix.count)
            var entry = key
            if !delimiter.isEmpty, let range = rest.firstRange(of: delimiter) {
                entry = prefix + rest[..<range.upperBound]
            }
            if found.last != entry { found.append(entry) }
        }
        return found
    }

    @Test("Pages of every size give what the model gives", arguments: 1...6)
    func pages(seed: UInt64) throws {
        let world = try S3World()
        var dice = Dice(state: seed)
        let letters = ["a", "b", "/", "-", "é"]
        let keys = Set(
            (0..<40).map { _ in "k" + (0..<dice.roll(5)).map { _ in letters[dice.roll(5)] }.joined() })
        try world.put(keys.map { PercentEncoded.path($0) })
        for (prefix, delimiter) in [("", ""), ("", "/"), ("k", "a"), ("ka", "/"), ("k/", "/"), ("k", "b/")] {
            let expected = Self.model(Array(keys), prefix: prefix, delimiter: delimiter)
            for size in [1, 2, 7, 1_000] {
                let second = try Self.all(
                    world, "list-type=2&", prefix, delimiter, size, token: "NextContinuationToken")
                #expect(second == expected, "\(prefix) \(delimiter) \(size)")
                let first = try Self.all(world, "", prefix, delimiter, size, token: "NextMarker")
                #expect(first == expected, "version 1: \(prefix) \(delimiter) \(size)")
            }
        }
    }

    private static func all(
        _ world: S3World, _ version: String, _ prefix: String, _ delimiter: String, _ size: Int, token: String
    ) throws -> [String] {
        var found: [String] = []
        var rest = ""
        var isTruncated = true
        while isTruncated {
            let page = try world.send(
                "GET",
                "/things?\(version)prefix=\(PercentEncoded.value(prefix))&delimiter=\(PercentEncoded.value(delimiter))"
                    + "&max-keys=\(size)\(rest)")
            let keys = page.elements("Contents").compactMap {
                $0.split(separator: "</Key>").first?.dropFirst(5)
            }
            let groups = page.elements("CommonPrefixes").compactMap {
                $0.split(separator: "</Prefix>").first?.dropFirst(8)
            }
            let entries = (keys + groups).map(String.init).sorted {
                Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
            }
            found += entries
            isTruncated = page.element("IsTruncated") == "true"
            if version.isEmpty {
                rest = "&marker=\(PercentEncoded.value(page.element(token) ?? entries.last ?? ""))"
            } else {
                rest = "&continuation-token=\(PercentEncoded.value(page.element(token) ?? ""))"
            }
        }
        return found
    }
}

enum PercentEncoded {
    static func value(_ text: String) -> String {
        text.utf8.map { "%" + Hex.encode([$0]) }.joined()
    }

    /// A key as it stands in a path.
    static func path(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { value(String($0)) }.joined(
            separator: "/")
    }
}
