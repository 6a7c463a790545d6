/// Where an entry of an archive lies under the folder that it is unpacked into. Pure.
struct EntryPath: Hashable {
    /// At least one; none is empty, `.` or `..`.
    let parts: [Substring]

    /// Our own bounds; file systems take names of 255 bytes and paths of 4,096.
    private static let bytesMax = 2_048
    private static let depthMax = 64

    /// - Throws: `.unsafe` for absolute paths, ways upwards and what no file system takes.
    init(_ name: String) throws(ArchiveError) {
        guard name.utf8.count <= Self.bytesMax else { throw .unsafe(entry: name, "has too long a name") }
        guard !name.hasPrefix("/") else { throw .unsafe(entry: name, "has an absolute path") }
        let parts = name.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw .unsafe(entry: name, "leads out of the folder") }
        guard !parts.isEmpty, !parts.contains(where: { $0.utf8.count > 255 || $0.utf8.contains(0) }) else {
            throw .unsafe(entry: name, "has a name that no file can have")
        }
        guard parts.count <= Self.depthMax else { throw .unsafe(entry: name, "lies too deep") }
        self.parts = parts
    }

    var text: String { parts.joined(separator: "/") }

    /// Checks where a link at this place leads.
    ///
    /// Ways upwards may only come first: behind another link they would start from wherever that one leads. Folders on
    /// the way to the link itself are real ones, so those that come first can be counted.
    func checkLink(to target: String) throws(ArchiveError) {
        guard !target.isEmpty, target.utf8.count <= Self.bytesMax, !target.utf8.contains(0) else {
            throw .unsafe(entry: text, "is a link to nowhere")
        }
        guard !target.hasPrefix("/") else { throw .unsafe(entry: text, "is a link to an absolute path") }
        var depth = parts.count - 1
        var hasGoneDown = false
        for part in target.split(separator: "/") where part != "." {
            if part != ".." {
                hasGoneDown = true
                continue
            }
            depth -= 1
            guard depth >= 0, !hasGoneDown else {
                throw .unsafe(entry: text, "is a link that leads out of the folder")
            }
        }
    }
}
