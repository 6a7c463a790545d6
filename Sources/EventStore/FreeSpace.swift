import Glibc

/// How much room the disk of the data directory has.
enum FreeSpace {
    /// Twice the log's usual length: from here on the log is kept short.
    private static let lowBytes: UInt64 = 67_108_864

    static func isLow(_ path: String) -> Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < lowBytes
    }
}
