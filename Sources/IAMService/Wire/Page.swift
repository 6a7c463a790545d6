import AWSWire
import ByteCoding

/// One page of a list: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out.
struct Page<Element: Sendable>: Sendable {
    let elements: [Element]
    /// Where the next page begins; `nil` on the last one.
    let marker: String?

    /// - Parameters:
    ///   - all: In the order of `key`, which is unique.
    ///   - key: What a marker remembers.
    init(_ all: [Element], of call: ServiceCall, by key: (Element) -> String) throws(AWSError) {
        let size = try call.constraint.integer("MaxItems", in: 1...1_000) ?? 100
        var rest = all[...]
        if let marker = try call.constraint.optional("Marker", 1...2_048) {
            guard let bytes = Base64.decode(marker), let last = String(validating: bytes, as: UTF8.self)
            else {
                throw .validation("Invalid Marker.")
            }
            // What the marker names may be gone; the place where it stood is not.
            rest = rest.drop { key($0) <= last }
        }
        elements = Array(rest.prefix(size))
        marker = rest.count > size ? elements.last.map { Base64.encode(Array(key($0).utf8)) } : nil
    }

    /// Writes what follows the list.
    func writeEnd(_ xml: inout XMLWriter) {
        xml.element("IsTruncated", marker != nil)
        xml.element("Marker", optional: marker)
    }
}
