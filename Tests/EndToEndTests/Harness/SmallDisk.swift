import Glibc

/// A file system of its own in memory, so that a disk can be full or read-only. Only root can mount one.
final class SmallDisk {
    static let isPossible: Bool = {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return false }
        // Containers often deny mounting even to root; trying tells.
        guard mount("none", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
        umount(folder.path)
        return true
    }()

    let path: String
    private let size: String

    init(_ path: String, megabytes: Int) throws {
        self.path = path
        size = "size=\(megabytes)m"
        try Files.makeFolder(path)
        guard mount("none", path, "tmpfs", 0, size) == 0 else {
            throw HarnessError("cannot mount \(path): \(Files.reason)")
        }
    }

    deinit { umount2(path, CInt(MNT_DETACH)) }

    func setReadOnly(_ isReadOnly: Bool) throws {
        let flags = MS_REMOUNT | (isReadOnly ? MS_RDONLY : 0)
        guard mount("none", path, "tmpfs", UInt(flags), size) == 0 else {
            throw HarnessError("cannot remount \(path): \(Files.reason)")
        }
    }

    private var ballastPath: String { "\(path)/ballast" }

    /// Takes what is free, to the last page.
    func fill() throws {
        let descriptor = open(ballastPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard descriptor >= 0 else { throw HarnessError("cannot fill \(path): \(Files.reason)") }
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, page, page.count) > 0 {}
    }

    func free() { unlink(ballastPath) }
}
