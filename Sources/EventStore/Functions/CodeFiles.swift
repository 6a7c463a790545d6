import CShim
package import EventModel
import Glibc
import Synchronization

/// Uploaded code and layers: `functions/` in the data directory, by the SHA-256 of the zip file that they came in.
///
/// `<digest>.zip` is the file as it came, `<digest>` the folder that it was unpacked into, `opt-<digest>` several layers
/// laid over each other. All is made under a temporary name, brought to the disk and renamed; only then a row names it.
/// Until that row is committed its makers hold a pin. Changes happen on one thread, the store's code worker.
package final class CodeFiles: Sendable {
    private struct State {
        var pins: [String: Int] = [:]
        /// When code was first found to belong to nobody.
        var garbage: [String: Timestamp] = [:]
        /// What belonged to nobody when the store was opened, before anything could run.
        var orphans: Set<String> = []
    }

    /// How long code stays that nothing refers to any more: an invocation of an old version may still run (900 s), and
    /// somebody may be downloading it (own choice).
    package static let graceSeconds = 1_200

    private let directory: String
    private let state = Mutex(State())

    /// - Parameter directory: The data directory, absolute: handlers run in other folders than the daemon.
    package init(directory: String) { self.directory = directory + "/functions" }
}

// MARK: - Names

extension CodeFiles {
    /// The folder of an unpacked package.
    package func path(of code: CodePackage) -> String { path(named: code.digest) }

    /// The zip file of a package.
    package func archivePath(of code: CodePackage) -> String { path(named: code.digest) + ".zip" }

    func path(named name: String) -> String { "\(directory)/\(name)" }

    /// The folder of several layers together.
    ///
    /// - Parameter digest: SHA-256 over the digests of the layers, hexadecimal.
    package func layersPath(digest: String) -> String { path(named: "opt-\(digest)") }

    static func name(ofPath path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// 64 hexadecimal digits in lower case; anything else could be another path.
    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    var exists: Bool { access(directory, F_OK) == 0 }
}

// MARK: - Installing

/// Code on its way into the data directory.
package struct CodeDraft: Sendable {
    /// Where to unpack to; exists and is empty.
    package let folder: String
    /// What the folder is renamed to.
    fileprivate let final: String
}

extension CodeFiles {
    /// Keeps a name from being swept until `unpin` is called as often.
    package func pin(path: String) {
        state.withLock { $0.pins[Self.name(ofPath: path), default: 0] += 1 }
    }

    package func unpin(path: String) {
        let name = Self.name(ofPath: path)
        state.withLock { state in
            guard let count = state.pins[name] else { return }
            state.pins[name] = count > 1 ? count - 1 : nil
        }
    }

    /// Begins to make a folder; `nil` when it is there already.
    package func begin(path: String) throws(StoreError) -> CodeDraft? {
        if access(path, F_OK) == 0 { return nil }
        if !exists {
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
                throw .system(errno, path: directory)
            }
        }
        let draft = CodeDraft(folder: path + Self.temporary, final: path)
        // One that a crash left behind.
        Self.remove(draft.folder)
        guard mkdir(draft.folder, 0o755) == 0 else { throw .system(errno, path: draft.folder) }
        return draft
    }

    /// Brings everything to the disk and gives it its name.
    ///
    /// - Parameter archive: The zip file that it came in; `nil` for layers laid together.
    package func finish(_ draft: CodeDraft, archive: [UInt8]?) throws(StoreError) {
        do throws(StoreError) {
            if let archive { try Self.fill(draft.final + ".zip" + Self.temporary, with: archive) }
            try syncAll()
            if archive != nil { try Self.rename(draft.final + ".zip" + Self.temporary, draft.final + ".zip") }
            try Self.rename(draft.folder, draft.final)
            try syncAll()
        } catch {
            abandon(draft)
            throw error
        }
    }

    package func abandon(_ draft: CodeDraft) {
        Self.remove(draft.folder)
        unlink(draft.final + ".zip" + Self.temporary)
    }

    /// The zip file of a package.
    package func archive(of code: CodePackage) throws(StoreError) -> [UInt8] {
        let path = archivePath(of: code)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno, path: path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: code.size)
        var done = 0
        while done < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .corrupt("\(path) is shorter than its \(code.size) bytes") }
            done += got
        }
        return bytes
    }

    /// One call for all files of a package: one by one thousands of them would take minutes.
    private func syncAll() throws(StoreError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno, path: directory) }
        defer { close(descriptor) }
        let code = millrace_sync_filesystem(descriptor)
        guard code == 0 else { throw .system(-code, path: directory) }
    }

    private static func rename(_ from: String, _ to: String) throws(StoreError) {
        guard Glibc.rename(from, to) == 0 else { throw .system(errno, path: to) }
    }

    private static func fill(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(errno, path: path) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .system(errno, path: path) }
            done += written
        }
    }

    private static let temporary = ".part"
}

// MARK: - The sweep

extension CodeFiles {
    /// Whether the last sweep found something that has to wait for its time.
    package var hasGarbage: Bool { state.withLock { !$0.garbage.isEmpty } }

    /// Notes what an earlier life left behind: the next sweep removes it at once.
    func noteOrphans(keeping known: Set<String>) {
        let found = Self.entries(of: directory).filter { !known.contains(Self.base(of: $0)) }
        state.withLock { $0.orphans = Set(found) }
    }

    /// Removes what belongs to nobody, and everything half made, unless it is pinned.
    func sweep(keeping known: Set<String>, now: Timestamp) {
        let found = Self.entries(of: directory)
        let doomed = state.withLock { state in
            var doomed: [String] = []
            var garbage: [String: Timestamp] = [:]
            for entry in found {
                let base = Self.base(of: entry)
                guard !known.contains(base), state.pins[base] == nil else { continue }
                let since = state.garbage[entry] ?? now
                let isOld = now - since >= .seconds(Self.graceSeconds)
                let isOrphan = state.orphans.contains(entry)
                if isOrphan || isOld { doomed.append(entry) } else { garbage[entry] = since }
            }
            state.garbage = garbage
            state.orphans = []
            return doomed
        }
        for entry in doomed { Self.remove(path(named: entry)) }
    }

    /// `abc` of `abc`, `abc.zip`, `abc.part` and `abc.zip.part`.
    private static func base(of entry: String) -> String {
        entry.split(separator: ".", maxSplits: 1).first.map(String.init) ?? entry
    }

    /// Bytes of all files below a folder.
    package static func size(ofFolder path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
        return entries(of: path).reduce(0) { $0 + size(ofFolder: "\(path)/\($1)") }
    }

    static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
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

    /// Removes a file, or a folder with all in it. What cannot be removed goes at the next start.
    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            // A package may hold folders that it did not want to be written to.
            chmod(path, 0o755)
            for entry in entries(of: path) { remove("\(path)/\(entry)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
