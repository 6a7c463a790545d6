import Glibc

/// Lays the folders of several layers over each other, as Lambda does under `/opt`.
package enum LayerFolder {
    /// Fills a folder that exists and is empty; a file of a later layer replaces that of an earlier one.
    ///
    /// Files are linked, not copied: layers are never changed.
    package static func merge(_ layers: [String], into folder: String) throws(ArchiveError) {
        for layer in layers { try merge(layer, folder) }
    }

    private static func merge(_ source: String, _ target: String) throws(ArchiveError) {
        guard let folder = opendir(source) else { throw .system(errno, source) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            var status = stat()
            guard lstat(from, &status) == 0 else { throw .system(errno, from) }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            try makeWay(to, forFolder: isFolder)
            if isFolder {
                guard mkdir(to, 0o755) == 0 || errno == EEXIST else { throw .system(errno, to) }
                try merge(from, to)
            } else {
                guard link(from, to) == 0 else { throw .system(errno, to) }
            }
        }
    }

    /// Removes what a later layer replaces; a folder stays for a folder.
    private static func makeWay(_ path: String, forFolder isFolder: Bool) throws(ArchiveError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard !isFolder else { return }
            throw .unsafe(entry: path, "is a folder in one layer and a file in another")
        }
        guard unlink(path) == 0 else { throw .system(errno, path) }
    }
}
