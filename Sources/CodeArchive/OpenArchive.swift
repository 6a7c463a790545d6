import CZip
import Glibc

/// One entry of a zip file.
struct ZipEntry {
    enum Kind { case file, folder, link }

    let index: UInt64
    let path: EntryPath
    let kind: Kind
    /// As the archive says.
    let size: Int
    /// Of the file that is made.
    let permissions: mode_t
}

/// A zip file in memory, open for reading. libzip's part of it; used on one thread, closed by its maker.
struct OpenArchive {
    private let handle: OpaquePointer

    /// - Parameter bytes: Have to stay where they are until `close`.
    init(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        guard let source = zip_source_buffer_create(bytes.baseAddress, UInt64(bytes.count), 0, &error) else {
            throw .unreadable(Self.text(&error))
        }
        guard let opened = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            throw .unreadable(Self.text(&error))
        }
        handle = opened
    }

    func close() { zip_discard(handle) }

    var count: Int { max(0, Int(zip_get_num_entries(handle, 0))) }

    func entry(_ index: Int) throws(ArchiveError) -> ZipEntry {
        var facts = zip_stat_t()
        zip_stat_init(&facts)
        let needed = UInt64(ZIP_STAT_NAME | ZIP_STAT_SIZE)
        guard zip_stat_index(handle, UInt64(index), 0, &facts) == 0, facts.valid & needed == needed,
            let name = facts.name
        else { throw .unreadable(failure) }
        let text = String(cString: name)
        guard facts.valid & UInt64(ZIP_STAT_ENCRYPTION_METHOD) == 0 || facts.encryption_method == ZIP_EM_NONE
        else { throw .unreadable("\(text) is encrypted") }
        guard let size = Int(exactly: facts.size) else { throw .unreadable("\(text) has no size") }
        let path = try EntryPath(text)
        let mode = unixMode(of: UInt64(index))
        return ZipEntry(
            index: UInt64(index), path: path, kind: try Self.kind(text, mode), size: size,
            permissions: Self.permissions(mode))
    }

    private func unixMode(of index: UInt64) -> mode_t {
        var system: UInt8 = 0
        var attributes: UInt32 = 0
        guard zip_file_get_external_attributes(handle, index, 0, &system, &attributes) == 0,
            UInt32(system) == ZIP_OPSYS_UNIX || UInt32(system) == ZIP_OPSYS_OS_X
        else { return 0 }
        return mode_t(attributes >> 16)
    }

    private static func kind(_ name: String, _ mode: mode_t) throws(ArchiveError) -> ZipEntry.Kind {
        switch mode & S_IFMT {
        case S_IFLNK: return .link
        case S_IFDIR: return .folder
        case 0, S_IFREG: return name.hasSuffix("/") ? .folder : .file
        default: throw .unsafe(entry: name, "is a device, a pipe or a socket")
        }
    }

    /// Without set-user-ID and its like; readable for the daemon whatever the archive says.
    private static func permissions(_ mode: mode_t) -> mode_t {
        mode & 0o777 == 0 ? 0o644 : mode & 0o777 | 0o400
    }

    /// Hands the content on piece by piece.
    func read(
        _ entry: ZipEntry, _ scratch: inout [UInt8],
        _ visit: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        guard let file = zip_fopen_index(handle, entry.index, 0) else { throw .unreadable(failure) }
        defer { zip_fclose(file) }
        var isReading = true
        while isReading {
            let count = scratch.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, UInt64($0.count)) }
            // Also how a wrong check sum is told.
            guard count >= 0 else { throw .unreadable("\(entry.path.text) is damaged") }
            isReading = count > 0
            if isReading {
                let result = scratch.withUnsafeBytes { bytes -> Result<Void, ArchiveError> in
                    Result { () throws(ArchiveError) in
                        try visit(UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)]))
                    }
                }
                try result.get()
            }
        }
    }

    /// What a link leads to.
    func text(of entry: ZipEntry, _ scratch: inout [UInt8]) throws(ArchiveError) -> String {
        var bytes: [UInt8] = []
        try read(entry, &scratch) { (chunk) throws(ArchiveError) in
            guard bytes.count + chunk.count <= 4_096 else {
                throw .unsafe(entry: entry.path.text, "is a link with too long a target")
            }
            bytes.append(contentsOf: chunk)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var failure: String { zip_strerror(handle).map { String(cString: $0) } ?? "unknown error" }

    static func text(_ error: inout zip_error_t) -> String {
        zip_error_strerror(&error).map { String(cString: $0) } ?? "unknown error"
    }
}
