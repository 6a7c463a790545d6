import EventModel
import EventStore
import Foundation
import Testing

@Suite("Functions with all that belongs to them")
struct FunctionStoreTests {
    static let key = FunctionKey(location: Location(), name: "f")

    static func function(_ name: String = "f", in location: Location = Location()) -> FunctionDefinition {
        FunctionDefinition(
            name: name, location: location,
            handler: .runtime(identifier: "python3.12", handler: "a.b", codePath: "/code"),
            modifiedAt: Timestamp(millisecondsSinceEpoch: 5))
    }

    @Test("Versions, aliases, policies, tags and reservations come back from the file")
    func reopened() throws {
        let test = try TestStore()
        try test.store.perform { writer throws(StoreError) in
            var function = Self.function()
            function.revisionID = "r1"
            function.architecture = "arm64"
            try writer.putFunction(function)
            var version = function
            version.version = .number(1)
            try writer.putFunctionVersion(version)
            let additional = FunctionAlias.WeightedVersion(number: 1, weight: 0.25)
            try writer.putAlias(
                FunctionAlias(name: "live", version: .number(1), description: "d", revisionID: "r2"),
                of: Self.key)
            try writer.putAlias(
                FunctionAlias(name: "two", version: .latest, additional: additional, revisionID: "r3"),
                of: Self.key)
            let statement = ResourcePolicy.Statement(id: "s", text: #"{"Sid":"s"}"#)
            try writer.putPolicy(
                ResourcePolicy(statements: [statement], revisionID: "r4"), of: Self.key, qualifier: "live")
            try writer.putFunctionTags(["a": "1"], of: Self.key)
            try writer.putReservedConcurrency(7, of: Self.key)
        }
        let family = try #require(test.store.catalog.snapshot.family(Self.key))
        #expect(family.aliases.count == 2 && family.reservedConcurrency == 7 && family.lastVersion == 1)
        try test.reopen()
        #expect(test.store.catalog.snapshot.family(Self.key) == family)
        try test.store.perform { writer throws(StoreError) in
            try writer.deleteAlias("live", of: Self.key)
            try writer.deleteFunctionVersion(1, of: Self.key)
            try writer.putReservedConcurrency(nil, of: Self.key)
        }
        try test.reopen()
        let left = try #require(test.store.catalog.snapshot.family(Self.key))
        #expect(left.versions.isEmpty && left.policies.isEmpty && left.reservedConcurrency == nil)
        #expect(left.lastVersion == 1, "a number is not given twice")
        try test.store.perform { writer throws(StoreError) in
            try writer.deleteFunction(Self.key)
            try writer.putFunction(Self.function())
        }
        try test.reopen()
        #expect(
            test.store.catalog.snapshot.family(Self.key) == FunctionFamily(latest: Self.function()),
            "nothing of a deleted function comes back with its name")
    }

    @Test("A number is given once, and functions of one name elsewhere are others")
    func identity() throws {
        let test = try TestStore()
        let elsewhere = Location(account: "111111111111", region: "eu-west-1")
        try test.store.perform { writer throws(StoreError) in
            try writer.putFunction(Self.function())
            try writer.putFunction(Self.function(in: elsewhere))
            var version = Self.function()
            version.version = .number(2)
            try writer.putFunctionVersion(version)
        }
        #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in
                var version = Self.function()
                version.version = .number(2)
                try writer.putFunctionVersion(version)
            }
        }
        let snapshot = test.store.catalog.snapshot
        #expect(snapshot.family(FunctionKey(location: elsewhere, name: "f"))?.versions.isEmpty == true)
        #expect(snapshot.functions(in: elsewhere).count == 1)
        #expect(snapshot.functions.count == 2)
    }

    @Test("Layers come back, and a deleted version's number is not given again")
    func layers() throws {
        let test = try TestStore()
        let key = LayerKey(location: Location(), name: "l")
        let code = CodePackage(digest: String(repeating: "a", count: 64), size: 9)
        func publish() throws -> LayerVersionDefinition {
            try test.store.perform { writer throws(StoreError) in
                try writer.publishLayer(
                    {
                        LayerVersionDefinition(
                            key: key, number: $0, code: code, description: "d", compatibleRuntimes: ["x"],
                            compatibleArchitectures: ["arm64"], license: "MIT", createdAt: writer.now)
                    }, as: key)
            }
        }
        var first = try publish()
        first.policy = ResourcePolicy(
            statements: [ResourcePolicy.Statement(id: "s", text: "{}")], revisionID: "r")
        let changed = first
        try test.store.perform { writer throws(StoreError) in try writer.updateLayer(changed) }
        #expect(try publish().number == 2)
        try test.store.perform { writer throws(StoreError) in try writer.deleteLayer(2, of: key) }
        try test.reopen()
        #expect(test.store.catalog.snapshot.layer(key)?.versions == [1: first])
        #expect(try publish().number == 3)
    }

    @Test("Uploaded code is found where the data directory is now")
    func moved() throws {
        let code = CodePackage(digest: String(repeating: "b", count: 64), size: 9)
        var function = Self.function()
        function.code = code
        function.codePath = "/old/functions/\(code.digest)"
        function.layers = [
            FunctionLayer(
                arn: LayerKey(location: Location(), name: "l").arn(version: 1), code: code)
        ]
        function.layersPath = "/old/functions/opt-x"
        let read = try FunctionCodec.function(FunctionCodec.text(function), in: "/new")
        #expect(read.codePath == "/new/functions/\(code.digest)")
        #expect(read.layersPath == "/new/functions/opt-x")
        #expect(read.layers == function.layers)
    }
}

@Suite("Files of code")
struct CodeFilesTests {
    private static func digest(_ letter: Character) -> String { String(repeating: letter, count: 64) }

    private func install(_ letter: Character, in files: CodeFiles) throws -> CodePackage {
        let code = CodePackage(digest: Self.digest(letter), size: 3)
        let draft = try #require(try files.begin(path: files.path(of: code)))
        try "x".write(toFile: draft.folder + "/app.py", atomically: false, encoding: .utf8)
        try files.finish(draft, archive: [1, 2, 3])
        return code
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test("What was installed is there, once; what was given up is not")
    func install() throws {
        let test = try TestStore()
        let files = test.store.codeFiles
        let code = try install("a", in: files)
        #expect(try files.archive(of: code) == [1, 2, 3])
        #expect(exists(files.path(of: code) + "/app.py"))
        #expect(try files.begin(path: files.path(of: code)) == nil)
        #expect(CodeFiles.size(ofFolder: files.path(of: code)) == 1)
        let other = files.path(of: CodePackage(digest: Self.digest("c"), size: 1))
        let draft = try #require(try files.begin(path: other))
        files.abandon(draft)
        #expect(!exists(draft.folder) && !exists(other))
        #expect(throws: StoreError.self) {
            try files.archive(of: CodePackage(digest: Self.digest("a"), size: 4))
        }
    }

    @Test("At a start everything goes that no row names, half made things as well")
    func start() throws {
        let test = try TestStore()
        let kept = try install("a", in: test.store.codeFiles)
        let orphan = try install("b", in: test.store.codeFiles)
        let half = test.store.codeFiles.path(of: CodePackage(digest: Self.digest("c"), size: 1)) + ".part"
        try FileManager.default.createDirectory(atPath: half + "/lib", withIntermediateDirectories: true)
        let path = test.store.codeFiles.path(of: kept)
        try test.store.perform { writer throws(StoreError) in
            var function = FunctionStoreTests.function()
            function.code = kept
            function.codePath = path
            try writer.putFunction(function)
        }
        try test.reopen()
        let done = DispatchSemaphore(value: 0)
        test.store.whenCodeIsSwept { done.signal() }
        #expect(done.wait(timeout: .now() + 30) == .success)
        let files = test.store.codeFiles
        #expect(exists(files.path(of: kept)) && exists(files.archivePath(of: kept)))
        #expect(!exists(files.path(of: orphan)) && !exists(files.archivePath(of: orphan)))
        #expect(!exists(half))
    }

    @Test("While the daemon runs code stays for a while after its last function, and as long as it is pinned")
    func grace() throws {
        let test = try TestStore()
        let files = test.store.codeFiles
        let (code, pinned) = (try install("a", in: files), try install("b", in: files))
        files.pin(path: files.path(of: pinned))
        func sweep() throws {
            test.store.sweepCodeSoon()
            try waitForWorker(test.store)
        }
        try sweep()
        #expect(exists(files.path(of: code)) && files.hasGarbage)
        test.clock.advance(.seconds(CodeFiles.graceSeconds))
        try sweep()
        #expect(!exists(files.path(of: code)) && !exists(files.archivePath(of: code)))
        #expect(exists(files.path(of: pinned)))
        files.unpin(path: files.path(of: pinned))
        try sweep()
        #expect(exists(files.path(of: pinned)), "its time begins when nobody holds it any more")
        test.clock.advance(.seconds(CodeFiles.graceSeconds))
        try sweep()
        #expect(!exists(files.path(of: pinned)) && !files.hasGarbage)
    }

    /// The worker does one job after the other.
    private func waitForWorker(_ store: EventStore) throws {
        let done = DispatchSemaphore(value: 0)
        #expect(store.workWithCode(bytes: 0) { done.signal() })
        #expect(done.wait(timeout: .now() + 30) == .success)
    }
}
