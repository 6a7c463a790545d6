import Glibc
import Synchronization

/// The bodies of objects: files under `objects/` in the data directory, in 256 folders.
///
/// A file is written under a temporary name, brought to the disk and renamed; only then its row is committed. Until
/// that commit it is *pending*: the sweep for files that belong to no row leaves it alone. Safe on any thread.
package final class ObjectFiles: Sendable {
    private let directory: String
    private let pending = Mutex<Set<String>>([])

    init(directory: String) { self.directory = directory + "/objects" }

    /// Stores bytes in a new file, which is pending until a commit takes it over.
    ///
    /// - Throws: `.full`, `.readOnly`, `.io`; then no file is left.
    package func write(_ bytes: [UInt8]) throws(StoreError) -> ObjectFile {
        let name = try reserve()
        do throws(StoreError) {
            let path = path(of: name)
            try fill(path + Self.temporary, with: bytes)
            guard rename(path + Self.temporary, path) == 0 else { throw .system(errno, path: path) }
            try syncFolder(of: name)
        } catch {
            abandon(name)
            throw error
        }
        return ObjectFile(name: name, size: bytes.count)
    }

    /// Gives a file's content a second, pending name, without copying it.
    package func link(_ file: ObjectFile) throws(StoreError) -> ObjectFile {
        let name = try reserve()
        guard Glibc.link(path(of: file.name), path(of: name)) == 0 else {
            let code = errno
            abandon(name)
            // A file has as many names as its file system allows; past that it is copied.
            guard code == EMLINK || code == EPERM || code == ENOTSUP else {
                throw .system(code, path: path(of: file.name))
            }
            return try write(try read([file], from: 0, count: file.size))
        }
        do throws(StoreError) {
            try syncFolder(of: name)
        } catch {
            abandon(name)
            throw error
        }
        return ObjectFile(name: name, size: file.size)
    }

    /// Removes a pending file that no commit has taken over; does nothing to any other.
    package func discardIfPending(_ file: ObjectFile) {
        if pending.withLock({ $0.contains(file.name) }) { abandon(file.name) }
    }
}

// MARK: - Reading

extension ObjectFiles {
    /// Bytes of a body that lies in several files.
    ///
    /// - Throws: `.notFound` when a file is gone, as it is when the object was replaced meanwhile; `.corrupt` when one
    ///   is too short; `.io`.
    package func read(_ files: [ObjectFile], from offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var skipped = offset
        for file in files {
            if skipped >= file.size {
                skipped -= file.size
                continue
            }
            let wanted = min(file.size - skipped, count - bytes.count)
            guard wanted > 0 else { break }
            try read(file, from: skipped, count: wanted, into: &bytes)
            skipped = 0
        }
        return bytes
    }

    private func read(
        _ file: ObjectFile, from offset: Int, count: Int, into bytes: inout [UInt8]
    ) throws(StoreError) {
        let path = path(of: file.name)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .notFound("The file of an object") : .system(errno, path: path)
        }
        defer { close(descriptor) }
        var done = 0
        var failure: Int32 = 0
        bytes.append(addingCapacity: count) { span in
            span.withUnsafeMutableBufferPointer { buffer, written in
                while done < count {
                    let rest = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
                    let got = pread(
                        descriptor, rest.baseAddress, min(rest.count, count - done), off_t(offset + done))
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { failure = errno }
                    if got <= 0 { break }
                    done += got
                }
                written = done
            }
        }
        guard failure == 0 else { throw .system(failure, path: path) }
        guard done == count else { throw .corrupt("\(path) is shorter than the object's \(file.size) bytes") }
    }
}

// MARK: - Commits and the sweep

extension ObjectFiles {
    /// A commit made rows of these files.
    func adopted(_ names: [String]) {
        pending.withLock { $0.subtract(names) }
    }

    /// No row names these files any more, or none ever will. What cannot be removed now goes at the next start.
    func remove(_ names: [String]) {
        for name in names { abandon(name) }
    }

    func isPending(_ name: String) -> Bool { pending.withLock { $0.contains(name) } }

    static let folderCount = 256

    var exists: Bool { access(directory, F_OK) == 0 }

    /// The files of one folder, half-written ones included.
    func names(inFolder number: Int) -> [String] {
        guard let folder = opendir(directory + "/" + Self.folder(number)) else { return [] }
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

    /// Removes a file that was found and belongs to no row.
    func removeOrphan(_ found: String) {
        unlink(path(of: found))
    }

    /// The name of the body that a found file holds or was to hold.
    static func bodyName(of found: String) -> String {
        found.hasSuffix(temporary) ? String(found.dropLast(temporary.count)) : found
    }

    static func isTemporary(_ found: String) -> Bool { found.hasSuffix(temporary) }
}

// MARK: - Names and bytes

extension ObjectFiles {
    private static let temporary = ".part"

    /// The first two characters of a name are its folder.
    private func path(of name: String) -> String { "\(directory)/\(name.prefix(2))/\(name)" }

    private static func folder(_ number: Int) -> String { hexadecimal(UInt64(number), digits: 2) }

    /// Makes up a name, with its folder there and the file pending.
    private func reserve() throws(StoreError) -> String {
        let name =
            Self.hexadecimal(.random(in: 0 ... .max), digits: 16)
            + Self.hexadecimal(.random(in: 0 ... .max), digits: 16)
        let folder = "\(directory)/\(name.prefix(2))"
        if access(folder, F_OK) != 0 { try makeFolder(folder) }
        pending.withLock { _ = $0.insert(name) }
        return name
    }

    private func makeFolder(_ folder: String) throws(StoreError) {
        for path in [directory, folder] where mkdir(path, 0o755) != 0 && errno != EEXIST {
            throw .system(errno, path: path)
        }
        try sync(folder: String(directory.dropLast("/objects".count)))
        try sync(folder: directory)
    }

    private func abandon(_ name: String) {
        unlink(path(of: name))
        unlink(path(of: name) + Self.temporary)
        pending.withLock { _ = $0.remove(name) }
    }

    private func fill(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(errno, path: path) }
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .system(errno, path: path) }
            done += written
        }
        guard fdatasync(descriptor) == 0 else { throw .system(errno, path: path) }
        isOpen = false
        guard close(descriptor) == 0 else { throw .system(errno, path: path) }
    }

    private func syncFolder(of name: String) throws(StoreError) {
        try sync(folder: "\(directory)/\(name.prefix(2))")
    }

    /// A new name is there after a power loss only when its folder was brought to the disk too.
    private func sync(folder: String) throws(StoreError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno, path: folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(errno, path: folder) }
    }

    private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
