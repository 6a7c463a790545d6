import ByteCoding

/// Where a list goes on, as opaque text.
enum Marker {
    static func make(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func text(_ marker: String) -> String? {
        Base64.decode(marker).map { String(decoding: $0, as: UTF8.self) }
    }
}
