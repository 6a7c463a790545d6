import Glibc

/// Reads YAML and JSON files as trees that know their places.
package enum DocumentReader {
    /// Bounds of one document; ours, far above any template that a person writes.
    package enum Limits {
        package static let bytes = 4 * 1_048_576
        package static let depth = 64
        /// Aliases repeat what they stand for, so this also bounds what a few lines can blow up to.
        package static let nodes = 200_000
    }

    /// Reads a file: as JSON when its name ends with `.json` or it starts with `{`, else as YAML.
    package static func read(file path: String) throws(TemplateProblem) -> DocumentNode {
        let bytes = try contents(of: path)
        return try read(bytes, named: path)
    }

    /// Reads text that came from the named file.
    package static func read(_ bytes: [UInt8], named path: String) throws(TemplateProblem) -> DocumentNode {
        if isJSON(bytes, path) {
            var reader = JSONDocumentReader(bytes: bytes, file: path)
            return try reader.document()
        }
        let reader = YAMLDocumentReader(bytes: bytes, file: path)
        return try reader.document()
    }

    private static func isJSON(_ bytes: [UInt8], _ path: String) -> Bool {
        if path.hasSuffix(".json") { return true }
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return false }
        return bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    static func contents(of path: String) throws(TemplateProblem) -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= Limits.bytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
        throw TemplateProblem(
            file: path, line: 0, column: 0, message: "The file is larger than \(Limits.bytes) bytes.")
    }

    private static func unreadable(_ path: String) -> TemplateProblem {
        let reason = String(cString: strerror(errno))
        return TemplateProblem(file: path, line: 0, column: 0, message: "The file cannot be read: \(reason).")
    }
}
