import CZip
import Glibc

/// Unpacks zip files that may have been made to do harm.
///
/// Nothing is written outside of the folder, links are made last and lead nowhere else, sizes are counted as bytes
/// come, not believed. Built on libzip (https://libzip.org).
package enum ZipReader {
    /// Unpacks into a folder that exists and is empty; what it holds after a failure is the caller's to remove.
    ///
    /// Permissions are kept where the archive has some: a `bootstrap` stays executable.
    /// - Returns: Bytes of all files.
    package static func unpack(
        _ archive: [UInt8], into folder: String, limits: ArchiveLimits
    ) throws(ArchiveError) -> Int {
        guard !archive.isEmpty else { throw .empty }
        do {
            // The bytes are borrowed by libzip until the archive is closed, which the closure does.
            return try archive.withUnsafeBytes { bytes in
                let reading = try OpenArchive(bytes)
                defer { reading.close() }
                return try unpack(reading, into: folder, limits)
            }
        } catch let error as ArchiveError {
            throw error
        } catch {
            preconditionFailure("only archives' errors are thrown above")
        }
    }

    private static func unpack(
        _ archive: OpenArchive, into folder: String, _ limits: ArchiveLimits
    ) throws(ArchiveError) -> Int {
        guard archive.count > 0 else { throw .empty }
        guard archive.count <= limits.entries else { throw .tooManyEntries(limit: limits.entries) }
        let entries = try checkedEntries(archive, limits)
        var total = 0
        var folders: Set<String> = []
        var links: [(path: EntryPath, target: String)] = []
        var scratch = [UInt8](repeating: 0, count: 65_536)
        for entry in entries {
            let parents = entry.kind == .folder ? entry.path.parts : entry.path.parts.dropLast()
            try makeFolders(parents, in: folder, &folders)
            switch entry.kind {
            case .folder: break
            case .file:
                let path = "\(folder)/\(entry.path.text)"
                total += try copy(
                    entry, of: archive, to: path, atMost: limits.bytes - total, limits, &scratch)
            case .link:
                let target = try archive.text(of: entry, &scratch)
                total += target.utf8.count
                try entry.path.checkLink(to: target)
                links.append((entry.path, target))
            }
        }
        for link in links {
            let path = "\(folder)/\(link.path.text)"
            guard symlink(link.target, path) == 0 else { throw .system(errno, path) }
        }
        return total
    }

    /// All entries, looked at before the first is unpacked.
    private static func checkedEntries(
        _ archive: OpenArchive, _ limits: ArchiveLimits
    ) throws(ArchiveError) -> [ZipEntry] {
        var entries: [ZipEntry] = []
        var taken: [EntryPath: ZipEntry.Kind] = [:]
        var declared = 0
        for index in 0..<archive.count {
            let entry = try archive.entry(index)
            // The same folder may be named more than once; two files of one name are two opinions about it.
            if let other = taken[entry.path], other != .folder || entry.kind != .folder {
                throw .unsafe(entry: entry.path.text, "is there twice")
            }
            taken[entry.path] = entry.kind
            declared += entry.size
            guard declared < limits.bytes else { throw .tooLarge(limit: limits.bytes) }
            entries.append(entry)
        }
        for entry in entries {
            for length in 1..<max(1, entry.path.parts.count) {
                let parent = EntryPath(parts: Array(entry.path.parts.prefix(length)))
                if let kind = taken[parent], kind != .folder {
                    throw .unsafe(entry: entry.path.text, "lies in what is no folder")
                }
            }
        }
        return entries
    }

    private static func makeFolders(
        _ parts: some Sequence<Substring>, in folder: String, _ made: inout Set<String>
    ) throws(ArchiveError) {
        var path = folder
        for part in parts {
            path += "/\(part)"
            guard made.insert(path).inserted else { continue }
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .system(errno, path) }
        }
    }

    private static func copy(
        _ entry: ZipEntry, of archive: OpenArchive, to path: String, atMost room: Int,
        _ limits: ArchiveLimits, _ scratch: inout [UInt8]
    ) throws(ArchiveError) -> Int {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno, path) }
        defer { close(descriptor) }
        var written = 0
        try archive.read(entry, &scratch) { (chunk) throws(ArchiveError) in
            written += chunk.count
            guard written < room else { throw .tooLarge(limit: limits.bytes) }
            var rest = UnsafeRawBufferPointer(chunk)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .system(errno, path) }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
        guard fchmod(descriptor, entry.permissions) == 0 else { throw .system(errno, path) }
        return written
    }
}

extension EntryPath {
    init(parts: [Substring]) { self.parts = parts }
}

extension ArchiveError {
    static func system(_ code: Int32, _ path: String) -> ArchiveError {
        .system(path: path, reason: String(cString: strerror(code)))
    }
}
