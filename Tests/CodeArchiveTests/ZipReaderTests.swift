import CodeArchive
import Foundation
import Testing

@Suite("Unpacking zip files")
struct ZipReaderTests {
    static let limits = ArchiveLimits(bytes: 100_000, entries: 100)

    /// A folder of the test's own, gone afterwards.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "millrace-zip-\(UUID())")
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }  // A leftover in /tmp harms nobody.

        func text(_ name: String) throws -> String {
            try String(contentsOf: url.appending(path: name), encoding: .utf8)
        }

        func mode(_ name: String) throws -> Int? {
            let path = url.appending(path: name).path
            return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }

        var names: [String] {
            (FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []).sorted()
        }
    }

    func unpack(_ zip: SmallZip, into folder: Folder, limits: ArchiveLimits = limits) throws -> Int {
        try ZipReader.unpack(zip.bytes, into: folder.url.path, limits: limits)
    }

    @Test("Files come with their folders and permissions; set-user-ID does not")
    func honest() throws {
        let folder = try Folder()
        let zip = SmallZip(entries: [
            .init(name: "bootstrap", content: Array("#!/bin/sh\n".utf8), mode: 0o100755),
            .init(name: "lib/", mode: 0o040755), .init(name: "lib/a/b.py", content: Array("x = 1".utf8)),
            .init(name: "lib/", mode: 0o040755), .init(name: "special", mode: 0o104755),
            .init(name: "from-elsewhere", content: [1], mode: 0),
            .init(name: "./dot/file", mode: 0o100000),
        ])
        #expect(try unpack(zip, into: folder) == 16)
        #expect(
            folder.names == [
                "bootstrap", "dot", "dot/file", "from-elsewhere", "lib", "lib/a", "lib/a/b.py", "special",
            ])
        #expect(try folder.text("lib/a/b.py") == "x = 1")
        #expect(try folder.mode("bootstrap") == 0o755)
        #expect(try folder.mode("special") == 0o755)
        #expect(try folder.mode("from-elsewhere") == 0o644)
        #expect(try folder.mode("dot/file") == 0o644)
    }

    @Test(
        "What leads out of the folder, or is no file, is refused before anything is written",
        arguments: [
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "../evil")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "a/../../evil")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "/etc/evil")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "pipe", mode: 0o010644)],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "device", mode: 0o020644)],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "socket", mode: 0o140644)],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "good")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: "good/below")],
            [SmallZip.Entry(name: "good/below"), SmallZip.Entry(name: "good")],
            [SmallZip.Entry(name: "good/x"), SmallZip.Entry(name: "good//x")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: String(repeating: "d/", count: 65) + "x")],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: String(repeating: "n", count: 256))],
            [SmallZip.Entry(name: "good"), SmallZip.Entry(name: ".")],
        ])
    func unsafe(entries: [SmallZip.Entry]) throws {
        let folder = try Folder()
        let error = #expect(throws: ArchiveError.self) {
            try unpack(SmallZip(entries: entries), into: folder)
        }
        guard case .unsafe = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(folder.names == [])
    }

    @Test(
        "A link may lead to its neighbours",
        arguments: ["target", "./target", "../links/target", "deeper/file", "../other"])
    func link(target: String) throws {
        let folder = try Folder()
        let zip = SmallZip(entries: [
            .init(name: "links/link", content: Array(target.utf8), mode: 0o120777),
            .init(name: "links/target"),
        ])
        _ = try unpack(zip, into: folder)
        let link = folder.url.appending(path: "links/link").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    }

    @Test(
        "A link that leads out is refused, also one that would do so by way of another link",
        arguments: ["/etc/passwd", "../../outside", "..", "a/../../x", "b/../x", ""])
    func evilLink(target: String) throws {
        let folder = try Folder()
        let isUp = target == ".."
        let zip = SmallZip(entries: [
            .init(name: isUp ? "link" : "links/link", content: Array(target.utf8), mode: 0o120777)
        ])
        #expect(throws: ArchiveError.self) { try unpack(zip, into: folder) }
        #expect(!folder.names.contains { $0.hasSuffix("link") })
    }

    @Test("Nothing is written through a link of the same archive")
    func throughLink() throws {
        let folder = try Folder()
        let zip = SmallZip(entries: [
            .init(name: "way", content: Array("elsewhere".utf8), mode: 0o120777),
            .init(name: "way/file", content: [1]),
        ])
        #expect(throws: ArchiveError.self) { try unpack(zip, into: folder) }
    }

    @Test(
        "What is no zip file, broken, wrong or encrypted cannot be read",
        arguments: [
            Array("no zip file".utf8), Array(SmallZip(entries: [.init(name: "a")]).bytes.dropLast(5)),
            SmallZip(entries: [.init(name: "a", content: [1, 2], wrongSum: 7)]).bytes,
            SmallZip(entries: [.init(name: "a", content: [1, 2], isEncrypted: true)]).bytes,
        ])
    func unreadable(bytes: [UInt8]) throws {
        let folder = try Folder()
        let error = #expect(throws: ArchiveError.self) {
            try ZipReader.unpack(bytes, into: folder.url.path, limits: Self.limits)
        }
        guard case .unreadable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("An empty file, and an archive without entries, are told as such")
    func empty() throws {
        let folder = try Folder()
        for bytes in [[], SmallZip(entries: []).bytes] {
            #expect(throws: ArchiveError.empty) {
                try ZipReader.unpack(bytes, into: folder.url.path, limits: Self.limits)
            }
        }
    }

    @Test("A bomb is told by what it says, and one that lies by what comes")
    func bombs() throws {
        let source = try Folder()
        try Data(repeating: 0, count: 3_000_000).write(to: source.url.appending(path: "zeros"))
        let bomb = try ZipWriter.pack(
            folder: source.url.path, limits: ArchiveLimits(bytes: 10_000_000, entries: 10))
        #expect(bomb.count < 10_000)
        let folder = try Folder()
        #expect(throws: ArchiveError.tooLarge(limit: 100_000)) {
            try ZipReader.unpack(bomb, into: folder.url.path, limits: Self.limits)
        }
        let liar = try lying(bomb)
        #expect(throws: ArchiveError.self) {
            try ZipReader.unpack(liar, into: folder.url.path, limits: Self.limits)
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: folder.url.path + "/zeros")[.size])
        #expect((size as? Int ?? 0) <= 200_000)
    }

    /// The same archive, its directory saying that the file has ten bytes.
    private func lying(_ zip: [UInt8]) throws -> [UInt8] {
        var bytes = zip
        let size = withUnsafeBytes(of: UInt32(3_000_000).littleEndian) { Array($0) }
        let lie = withUnsafeBytes(of: UInt32(10).littleEndian) { Array($0) }
        var index = 0
        while index + 4 <= bytes.count {
            if Array(bytes[index..<index + 4]) == size { bytes.replaceSubrange(index..<index + 4, with: lie) }
            index += 1
        }
        try #require(bytes != zip)
        return bytes
    }

    @Test("Too many entries are refused, too many bytes in small files as well")
    func counts() throws {
        let folder = try Folder()
        let many = SmallZip(entries: (0...100).map { .init(name: "f\($0)") })
        #expect(throws: ArchiveError.tooManyEntries(limit: 100)) { try unpack(many, into: folder) }
        let large = SmallZip(
            entries: (0..<11).map { .init(name: "f\($0)", content: Array(repeating: 0, count: 10_000)) })
        #expect(throws: ArchiveError.tooLarge(limit: 100_000)) { try unpack(large, into: folder) }
        #expect(folder.names == [])
    }
}

@Suite("Packing folders")
struct ZipWriterTests {
    @Test("What was packed unpacks to the same, and the same content packs to the same bytes")
    func roundTrip() throws {
        let limits = ArchiveLimits(bytes: 100_000, entries: 100)
        var archives: [[UInt8]] = []
        for _ in 0..<2 {
            let folder = try ZipReaderTests.Folder()
            let lib = folder.url.appending(path: "lib")
            try FileManager.default.createDirectory(at: lib, withIntermediateDirectories: true)
            try Data("print(1)".utf8).write(to: lib.appending(path: "a.py"))
            let bootstrap = folder.url.appending(path: "bootstrap").path
            #expect(
                FileManager.default.createFile(
                    atPath: bootstrap, contents: Data("#!".utf8), attributes: [.posixPermissions: 0o755]))
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.path + "/link", withDestinationPath: "lib/a.py")
            archives.append(try ZipWriter.pack(folder: folder.url.path, limits: limits))
        }
        #expect(archives[0] == archives[1])
        let copy = try ZipReaderTests.Folder()
        _ = try ZipReader.unpack(archives[0], into: copy.url.path, limits: limits)
        #expect(copy.names == ["bootstrap", "lib", "lib/a.py", "link"])
        #expect(try copy.mode("bootstrap") == 0o755)
        #expect(try copy.text("link") == "print(1)")
    }

    @Test("A folder that is too large, or not there, is refused")
    func refused() throws {
        let folder = try ZipReaderTests.Folder()
        try Data(repeating: 7, count: 1_000).write(to: folder.url.appending(path: "a"))
        #expect(throws: ArchiveError.tooLarge(limit: 1_000)) {
            try ZipWriter.pack(folder: folder.url.path, limits: ArchiveLimits(bytes: 1_000, entries: 9))
        }
        #expect(throws: ArchiveError.tooManyEntries(limit: 0)) {
            try ZipWriter.pack(folder: folder.url.path, limits: ArchiveLimits(bytes: 9_000, entries: 0))
        }
        #expect(throws: ArchiveError.self) {
            try ZipWriter.pack(
                folder: folder.url.path + "/none", limits: ArchiveLimits(bytes: 9, entries: 9))
        }
    }
}

@Suite("Layers over each other")
struct LayerFolderTests {
    @Test("A later layer replaces files of an earlier one and shares its folders")
    func merge() throws {
        let (one, other, merged) = (
            try ZipReaderTests.Folder(), try ZipReaderTests.Folder(), try ZipReaderTests.Folder()
        )
        for (folder, text) in [(one, "one"), (other, "other")] {
            let python = folder.url.appending(path: "python")
            try FileManager.default.createDirectory(at: python, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: python.appending(path: "shared.py"))
            try Data(text.utf8).write(to: python.appending(path: "\(text).py"))
        }
        try LayerFolder.merge([one.url.path, other.url.path], into: merged.url.path)
        #expect(
            merged.names == ["python", "python/one.py", "python/other.py", "python/shared.py"])
        #expect(try merged.text("python/shared.py") == "other")
        #expect(try one.text("python/shared.py") == "one")
    }
}
