import CZip
import Glibc

/// Packs a folder into a zip file, always the same bytes for the same content.
package enum ZipWriter {
    /// - Throws: `.tooLarge`, `.tooManyEntries`, `.system`; `.unsafe` for devices and their like.
    package static func pack(folder: String, limits: ArchiveLimits) throws(ArchiveError) -> [UInt8] {
        var files: [PackedFile] = []
        var total = 0
        try collect(folder, "", &files, &total, limits)
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        guard let buffer = zip_source_buffer_create(nil, 0, 0, &error) else {
            throw .unreadable(OpenArchive.text(&error))
        }
        defer { zip_source_free(buffer) }
        // Closing the archive gives up one reference; the bytes are read after that.
        zip_source_keep(buffer)
        guard let archive = zip_open_from_source(buffer, ZIP_CREATE | ZIP_TRUNCATE, &error) else {
            zip_source_free(buffer)
            throw .unreadable(OpenArchive.text(&error))
        }
        do throws(ArchiveError) {
            for file in files { try add(file, to: archive) }
        } catch {
            zip_discard(archive)
            throw error
        }
        guard zip_close(archive) == 0 else {
            let reason = zip_strerror(archive).map { String(cString: $0) } ?? "unknown error"
            zip_discard(archive)
            throw .system(path: folder, reason: reason)
        }
        return try content(of: buffer, folder)
    }

    private struct PackedFile {
        let name: String
        let path: String
        let mode: mode_t
    }

    private static func collect(
        _ folder: String, _ prefix: String, _ files: inout [PackedFile], _ total: inout Int,
        _ limits: ArchiveLimits
    ) throws(ArchiveError) {
        for entry in try names(in: folder).sorted() {
            let path = "\(folder)/\(entry)"
            var status = stat()
            guard lstat(path, &status) == 0 else { throw .system(errno, path) }
            guard files.count < limits.entries else { throw .tooManyEntries(limit: limits.entries) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try collect(path, "\(prefix)\(entry)/", &files, &total, limits)
            case S_IFREG, S_IFLNK:
                total += Int(status.st_size)
                guard total < limits.bytes else { throw .tooLarge(limit: limits.bytes) }
                files.append(PackedFile(name: prefix + entry, path: path, mode: status.st_mode))
            default: throw .unsafe(entry: prefix + entry, "is a device, a pipe or a socket")
            }
        }
    }

    private static func names(in path: String) throws(ArchiveError) -> [String] {
        guard let folder = opendir(path) else { throw .system(errno, path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func add(_ file: PackedFile, to archive: OpaquePointer) throws(ArchiveError) {
        let source: OpaquePointer?
        if file.mode & S_IFMT == S_IFLNK {
            let target = try linkTarget(file.path)
            // libzip frees the copy with the archive.
            let copy = malloc(max(1, target.count))
            target.withUnsafeBytes { bytes in
                if let from = bytes.baseAddress, let copy { memcpy(copy, from, bytes.count) }
            }
            source = zip_source_buffer(archive, copy, UInt64(target.count), 1)
        } else {
            source = zip_source_file(archive, file.path, 0, -1)
        }
        let flags = ZIP_FL_ENC_UTF_8
        let index = source.map { zip_file_add(archive, file.name, $0, flags) } ?? -1
        guard index >= 0 else {
            if let source { zip_source_free(source) }
            let reason = zip_strerror(archive).map { String(cString: $0) } ?? "unknown error"
            throw .system(path: file.path, reason: reason)
        }
        // The first moment that a zip file can tell: what was changed when makes no other package.
        zip_file_set_dostime(archive, UInt64(index), 0, 1 << 5 | 1, 0)
        zip_file_set_external_attributes(
            archive, UInt64(index), 0, UInt8(ZIP_OPSYS_UNIX), UInt32(file.mode) << 16)
    }

    private static func linkTarget(_ path: String) throws(ArchiveError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map {
                readlink(path, $0.assumingMemoryBound(to: CChar.self), buffer.count)
            } ?? -1
        }
        guard count >= 0 else { throw .system(errno, path) }
        return Array(bytes.prefix(count))
    }

    private static func content(of buffer: OpaquePointer, _ folder: String) throws(ArchiveError) -> [UInt8] {
        var facts = zip_stat_t()
        zip_stat_init(&facts)
        guard zip_source_stat(buffer, &facts) == 0, zip_source_open(buffer) == 0 else {
            throw .system(path: folder, reason: "the archive cannot be read back")
        }
        defer { zip_source_close(buffer) }
        var bytes = [UInt8](repeating: 0, count: Int(facts.size))
        let count = bytes.withUnsafeMutableBytes {
            zip_source_read(buffer, $0.baseAddress, UInt64($0.count))
        }
        guard count == bytes.count else {
            throw .system(path: folder, reason: "the archive cannot be read back")
        }
        return bytes
    }
}
