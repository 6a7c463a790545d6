import Foundation
import Testing

@Suite("The layout of the repository")
struct LayoutTests {
    @Test("Nothing stands at the top level that does not belong there")
    func topLevel() {
        let allowed: Set<String> = [
            "Package.swift", "Sources", "Tests", "Config", "README.md", "docker", "LICENSE",
        ]
        // What a build or a run leaves there is not ours to judge; names with a dot are for tools.
        let extra = Repository.entries(of: ".").filter { !$0.hasPrefix(".") && $0 != "millrace-data" }
        #expect(Set(extra).subtracting(allowed) == [])
        #expect(allowed.subtracting(extra) == [])
    }

    @Test("Every folder of sources and tests is a target")
    func targets() throws {
        let manifest = try #require(Repository.text("Package.swift"))
        for folder in Repository.entries(of: "Sources") where Repository.isFolder("Sources/" + folder) {
            #expect(manifest.contains("\"\(folder)\""), "Sources/\(folder) is in no target")
        }
        for folder in Repository.entries(of: "Tests") where Repository.isFolder("Tests/" + folder) {
            // Python suites are run by Config/dev.
            guard folder.hasSuffix("Tests") else { continue }
            #expect(manifest.contains("\"\(folder)\""), "Tests/\(folder) is in no target")
        }
    }

    @Test("Image and developer's door install from one list of packages")
    func packages() throws {
        let list = try #require(Repository.text("Config/packages.txt"))
        let lines = list.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let entries = lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
        #expect(entries.allSatisfy { $0.count == 2 && ["build", "run", "sdk"].contains($0[0]) })
        let script = try #require(Repository.text("Config/dev"))
        let image = try #require(Repository.text("docker/Dockerfile"))
        #expect(script.contains(#"'$1 == stage { print $2 }' Config/packages.txt"#))
        #expect(image.contains(#"'$1 == "build" { print $2 }' Config/packages.txt"#))
        #expect(image.contains(#"'$1 == "run" { print $2 }' /tmp/packages.txt"#))
        // Every library that a target links has its package in the list.
        let manifest = try #require(Repository.text("Package.swift"))
        let providers = manifest.split(separator: "\n").filter { $0.contains("    system(\"C") }
        #expect(providers.count >= 4)
        for provider in providers {
            let package = try #require(provider.split(separator: "\"").dropLast().last.map(String.init))
            #expect(entries.contains(["build", package]), "\(package) is not in Config/packages.txt")
        }
    }

    @Test("The image runs as somebody else than root, stops by SIGTERM and tells its health")
    func image() throws {
        let lines = try #require(Repository.text("docker/Dockerfile")).split(separator: "\n")
        for start in ["USER millrace", "STOPSIGNAL SIGTERM", "HEALTHCHECK ", "VOLUME /data", "EXPOSE 4566"] {
            #expect(lines.contains { $0.hasPrefix(start) }, "no line '\(start)'")
        }
        #expect(lines.count { $0.hasPrefix("FROM ") } == 2)
        #expect(lines.count { $0.hasPrefix("VOLUME ") } == 1)
    }

    @Test("Continuous integration runs the README's test command")
    func continuousIntegration() throws {
        let script = try #require(Repository.text(".ci/run"))
        #expect(script.split(separator: "\n").last == "exec Config/dev test")
        let readme = try #require(Repository.text("README.md"))
        #expect(readme.contains("\nConfig/dev test"))
        #expect(readme.contains("\nConfig/dev demo"))
    }

    @Test("The README's links into the repository lead somewhere")
    func links() throws {
        let readme = try #require(Repository.text("README.md"))
        var targets: [Substring] = []
        for part in readme.components(separatedBy: "](").dropFirst() {
            targets.append(part.prefix { $0 != ")" })
        }
        #expect(!targets.isEmpty)
        for target in targets where !target.hasPrefix("http") && !target.hasPrefix("#") {
            #expect(Repository.exists(String(target)), "README.md links to \(target)")
        }
    }

    @Test("No file names a path of somebody's machine")
    func machinePaths() {
        let words = ["/wo" + "rk/", "/tmp/bash" + "_jobs", "/fa" + "rm/", "/ho" + "me/"]
        let folders = ["Sources", "Tests", "Config", "docker"]
        for path in folders.flatMap({ Repository.files(below: $0) }) + ["README.md", "Package.swift"] {
            let text = Repository.text(path) ?? ""
            for word in words where text.contains(word) { Issue.record("\(path) holds '\(word)'") }
        }
    }
}
