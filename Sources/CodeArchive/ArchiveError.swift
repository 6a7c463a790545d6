/// Why an archive was not unpacked, or a folder not packed.
package enum ArchiveError: Error, Equatable, CustomStringConvertible {
    /// No zip file, a damaged or an encrypted one, or one that breaks off.
    case unreadable(String)
    /// No entries, or not even a byte.
    case empty
    /// An entry that would lie outside of the folder, or is no file, folder or link.
    case unsafe(entry: String, String)
    /// Unpacked it would have this many bytes or more.
    case tooLarge(limit: Int)
    case tooManyEntries(limit: Int)
    /// The disk or the system refused.
    case system(path: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let reason): "The zip file cannot be read: \(reason)."
        case .empty: "The zip file is empty."
        case .unsafe(let entry, let reason): "The zip file's entry \(entry) \(reason)."
        case .tooLarge(let limit): "Unpacked it has \(limit) bytes or more."
        case .tooManyEntries(let limit): "It has more than \(limit) entries."
        case .system(let path, let reason): "\(path): \(reason)."
        }
    }
}

/// What an archive may hold.
package struct ArchiveLimits: Sendable {
    /// All files together, unpacked, have to be smaller.
    package var bytes: Int
    package var entries: Int

    package init(bytes: Int, entries: Int) {
        self.bytes = bytes
        self.entries = entries
    }
}
