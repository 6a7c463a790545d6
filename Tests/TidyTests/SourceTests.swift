import Testing

@Suite("The source files")
struct SourceTests {
    @Test("There are some, or the tests below would look at nothing")
    func found() {
        #expect(Repository.swiftFiles.count > 100)
    }

    @Test("No file has more than 400 lines")
    func fileLength() {
        for file in Repository.swiftFiles {
            // The last element is what stands behind the final line end.
            #expect(file.lines.count - 1 <= 400, "\(file) has \(file.lines.count - 1) lines")
        }
    }

    @Test("No function has more than 70 lines")
    func functionLength() {
        for file in Repository.swiftFiles {
            for function in Self.functions(in: file) where function.length > 70 {
                Issue.record("\(file):\(function.line): \(function.length) lines")
            }
        }
    }

    /// Formatted code ends a function with a brace below its first word.
    private static func functions(in file: Repository.SourceFile) -> [(line: Int, length: Int)] {
        let starts = ["func ", "init(", "init?(", "deinit {"]
        var functions: [(line: Int, length: Int)] = []
        for (index, line) in file.lines.enumerated() {
            let indent = line.prefix { $0 == " " }
            let words = line.dropFirst(indent.count)
            let isStart =
                starts.contains { words.hasPrefix($0) || words.contains(" " + $0) } && !words.hasPrefix("//")
            guard isStart, !line.hasSuffix("}") else { continue }
            let end = file.lines[(index + 1)...].firstIndex { $0 == indent + "}" } ?? index
            functions.append((index + 1, end - index + 1))
        }
        return functions
    }

    @Test(
        "Nothing unfinished is left over",
        arguments: ["FIX" + "ME", "TO" + "DO", "// XX" + "X", "not " + "implemented"])
    func unfinished(word: String) {
        for file in Repository.swiftFiles {
            for (index, line) in file.lines.enumerated() where line.contains(word) {
                Issue.record("\(file):\(index + 1): \(word)")
            }
        }
    }

    @Test("No file stands in for one to come")
    func placeholders() {
        let stopgaps = Repository.swiftFiles.filter { $0.path.hasSuffix("/Placeholder.swift") }
        #expect(stopgaps.map(\.path) == [])
    }

    /// Words that no module may use, and those that the pure ones may not (style guide, R3 and R15).
    static let banned: [(word: String, modules: Set<String>?)] = {
        let pure: Set<String> = ["ByteCoding", "EventModel", "MappingCore"]
        return [
            ("import Foundation", nil), ("Task {", nil), ("Task.detached", nil), ("Task.sleep", nil),
            ("fatalError(", nil), (" print(", nil), ("Date()", nil), ("SystemRandomNumberGenerator", pure),
            ("import Glibc", pure), ("import Synchronization", pure), ("ContinuousClock", pure),
            ("SuspendingClock", pure), (".random(in: ", pure), ("DispatchQueue", nil),
        ]
    }()

    /// Modules that only tests import.
    static let testSupport: Set<String> = ["Simulation", "WireTesting"]

    @Test("No word is used where it is banned")
    func bannedWords() {
        for file in Repository.swiftFiles where file.isInSources && !Self.testSupport.contains(file.module) {
            for (number, text) in file.code {
                for ban in Self.banned where ban.modules?.contains(file.module) ?? true {
                    guard text.contains(ban.word), !Self.isAllowed(ban.word, text) else { continue }
                    Issue.record("\(file):\(number): '\(ban.word)'")
                }
            }
        }
    }

    /// Dice that are handed in are welcome.
    private static func isAllowed(_ word: String, _ text: String) -> Bool {
        word == ".random(in: " && text.contains("using:")
    }

    @Test("The real clock is named by the programs only")
    func clocks() {
        let programs: Set<String> = ["millrace", "millrace-bench"]
        for file in Repository.swiftFiles where file.isInSources && !programs.contains(file.module) {
            for (number, text) in file.code where text.contains("CLOCK_REALTIME") {
                Issue.record("\(file):\(number): wall time comes from outside")
            }
        }
    }

    @Test("What goes around a check has its reason beside it")
    func reasons() {
        for file in Repository.swiftFiles where file.isInSources {
            for (number, text) in file.code {
                let words = [" try? ", "(try? ", "@unchecked", "nonisolated(unsafe)"].filter {
                    text.contains($0)
                }
                guard let word = words.first else { continue }
                let around = file.lines[max(0, number - 4)..<min(file.lines.count, number + 2)]
                #expect(
                    around.contains { $0.contains("//") }, "\(file):\(number): '\(word)' without a reason")
            }
        }
    }
}
