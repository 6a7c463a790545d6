import ByteCoding

/// Facts and files of objects as the file keeps them.
enum ObjectCodec {
    static func text(_ facts: ObjectFacts) -> String {
        JSONValue(members: [
            ("headers", JSONValue(facts.headers)),
            ("checksum", facts.checksum.map { .string(text($0)) } ?? .null),
        ]).text
    }

    static func facts(_ text: String) throws(StoreError) -> ObjectFacts {
        let json = try StoredJSON(text: text, of: "an object")
        return ObjectFacts(
            headers: json.strings("headers"), checksum: json.string("checksum").flatMap(checksum))
    }

    static func text(_ checksum: ObjectChecksum) -> String { "\(checksum.algorithm) \(checksum.value)" }

    static func checksum(_ text: String) -> ObjectChecksum? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return ObjectChecksum(algorithm: String(parts[0]), value: String(parts[1]))
    }

    /// `name:size,name:size`.
    static func text(_ files: [ObjectFile]) -> String {
        files.map { "\($0.name):\($0.size)" }.joined(separator: ",")
    }

    static func files(_ text: String) throws(StoreError) -> [ObjectFile] {
        var files: [ObjectFile] = []
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let size = Int(parts[1]) else {
                throw .corrupt("an object names its files wrongly")
            }
            files.append(ObjectFile(name: String(parts[0]), size: size))
        }
        return files
    }
}
