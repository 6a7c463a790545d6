import Foundation

/// The files of this repository as the tidy tests look at them.
enum Repository {
    /// The folder that holds Package.swift.
    static let root: String = {
        let file = URL(fileURLWithPath: #filePath)
        return file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    }()

    struct SourceFile: CustomStringConvertible, Sendable {
        /// From the root: `Sources/HTTP/Server.swift`.
        let path: String
        let lines: [String]
        var description: String { path }

        /// The module that it belongs to.
        var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        var isInSources: Bool { path.hasPrefix("Sources/") }

        /// Line numbers, from 1, with comments left out of the text.
        var code: [(number: Int, text: String)] {
            lines.enumerated().map { index, line in
                (index + 1, line.firstRange(of: "//").map { String(line[..<$0.lowerBound]) } ?? line)
            }
        }
    }

    static let swiftFiles: [SourceFile] = (files(below: "Sources") + files(below: "Tests"))
        .filter { $0.hasSuffix(".swift") }.compactMap { path in
            text(path).map { SourceFile(path: path, lines: $0.components(separatedBy: "\n")) }
        }

    /// All files below a folder, as paths from the root.
    static func files(below folder: String) -> [String] {
        guard let enumerator = FileManager.default.enumerator(atPath: root + "/" + folder) else { return [] }
        return enumerator.compactMap { $0 as? String }.map { folder + "/" + $0 }
            .filter { !$0.contains("/.") && !$0.contains("__pycache__") && !isFolder($0) }.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var flag: ObjCBool = false
        return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &flag) && flag.boolValue
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

    static func entries(of folder: String) -> [String] {
        // A folder that cannot be read has no entries, and the test that asked for them fails by that.
        (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    }

    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: root + "/" + path).map { String(decoding: $0, as: UTF8.self) }
    }
}
