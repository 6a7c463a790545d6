import AWSWire
import ByteCoding
import CodeArchive
import Digest
import EventModel
import EventStore

/// Brings code into the data directory before a row names it. Used on the code worker.
///
/// What it installs is pinned until `release`, which comes after the commit, whether that took place or not.
final class CodeInstaller: @unchecked Sendable {
    // Unchecked: handed from the worker to the completion of the write that it leads to, never used by both at once.
    private let files: CodeFiles
    private var pinned: [String] = []

    private static let limits = ArchiveLimits(
        bytes: FunctionLimits.unzippedBytes, entries: FunctionLimits.packageEntries)

    init(_ store: EventStore) { files = store.codeFiles }

    func release() {
        for path in pinned { files.unpin(path: path) }
        pinned = []
    }

    /// Unpacks a zip file, unless that was done before.
    func install(_ archive: [UInt8]) throws(AWSError) -> CodePackage {
        let code = CodePackage(digest: Hex.encode(SHA256.hash(archive)), size: archive.count)
        try make(files.path(of: code), archive: archive) { (folder) throws(ArchiveError) in
            _ = try ZipReader.unpack(archive, into: folder, limits: Self.limits)
        }
        return code
    }

    /// Packs a folder of its owner, so that it can be kept as it is now.
    func install(folder: String) throws(AWSError) -> CodePackage {
        let archive: [UInt8]
        do throws(ArchiveError) {
            archive = try ZipWriter.pack(folder: folder, limits: Self.limits)
        } catch {
            throw .invalidValue("The folder that the template names cannot be published. \(error)")
        }
        return try install(archive)
    }

    /// The folder that has all layers in it; `nil` without layers.
    func layersFolder(_ layers: [FunctionLayer]) throws(AWSError) -> String? {
        let folders = layers.map { files.path(of: $0.code) }
        guard let first = folders.first else { return nil }
        guard folders.count > 1 else {
            pin(first)
            return first
        }
        let names = layers.map(\.code.digest).joined(separator: " ")
        let path = files.layersPath(digest: Hex.encode(SHA256.hash(Array(names.utf8))))
        try make(path, archive: nil) { (folder) throws(ArchiveError) in
            try LayerFolder.merge(folders, into: folder)
        }
        return path
    }

    /// Refuses code that is too large together with its layers.
    func checkSize(of function: FunctionDefinition) throws(AWSError) {
        let limit = FunctionLimits.unzippedBytes
        let layers = function.layers.reduce(0) { $0 + CodeFiles.size(ofFolder: files.path(of: $1.code)) }
        guard layers > 0 else { return }
        guard layers < limit else {
            throw .invalidValue("Layers consume more than the available size of \(limit) bytes")
        }
        let all = layers + (function.code.map { CodeFiles.size(ofFolder: files.path(of: $0)) } ?? 0)
        guard all < limit else {
            throw .invalidValue(
                "Function code combined with layers exceeds the maximum allowed size of \(limit) bytes. "
                    + "The actual size is \(all) bytes.")
        }
    }

    private func pin(_ path: String) {
        files.pin(path: path)
        pinned.append(path)
    }

    private func make(
        _ path: String, archive: [UInt8]?, _ fill: (String) throws(ArchiveError) -> Void
    ) throws(AWSError) {
        pin(path)
        let draft: CodeDraft
        do throws(StoreError) {
            guard let begun = try files.begin(path: path) else { return }
            draft = begun
        } catch {
            throw AWSError(failedWrite: error)
        }
        do throws(ArchiveError) {
            try fill(draft.folder)
        } catch {
            files.abandon(draft)
            throw AWSError(error)
        }
        do throws(StoreError) {
            try files.finish(draft, archive: archive)
        } catch {
            throw AWSError(failedWrite: error)
        }
    }
}
