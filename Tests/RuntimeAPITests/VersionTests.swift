import EventModel
import RuntimeAPI
import Testing

@Suite("Versions, aliases and accounts in the host", .timeLimit(.minutes(1)))
struct VersionTests {
    /// A family whose versions are commands that print who they are.
    private static func family(_ marks: [String], in location: Location = Location()) -> FunctionFamily {
        func definition(_ mark: String) -> FunctionDefinition {
            FunctionDefinition(
                name: "f", location: location,
                handler: .command(
                    ["sh", "-c", "echo \"\\\"\(mark) $AWS_LAMBDA_FUNCTION_VERSION\\\"\""],
                    workingDirectory: "/"), modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
        }
        var family = FunctionFamily(latest: definition(marks[0]))
        for (index, mark) in marks.dropFirst().enumerated() {
            var version = definition(mark)
            version.version = .number(index + 1)
            family.versions[index + 1] = version
        }
        return family
    }

    @Test("A qualifier picks the version, an alias the one it leads to now; others are not there")
    func qualifiers() async throws {
        try await HostWorld.use { world in
            var family = Self.family(["latest", "one", "two"])
            family.aliases["live"] = FunctionAlias(name: "live", version: .number(1), revisionID: "")
            let first = family
            await world.onLoop { $0.define(first) }
            #expect(await world.invoke("f").summary == "ok \"latest $LATEST\"\n")
            #expect(await world.invoke("f", qualifier: "2").summary == "ok \"two 2\"\n")
            let aliased = await world.invoke("f", qualifier: "live")
            #expect(aliased.summary == "ok \"one 1\"\n")
            #expect(aliased.executedVersion == .number(1))
            family.aliases["live"]?.version = .number(2)
            family.versions[1] = nil
            let second = family
            await world.onLoop { $0.define(second) }
            #expect(await world.invoke("f", qualifier: "live").executedVersion == .number(2))
            #expect(
                await world.invoke("f", qualifier: "1").summary
                    == "unavailable The function f has no version or alias 1.")
            let defined = await world.onLoop { host in
                [nil, "2", "live", "1", "gone"].map { host.isDefined("f", qualifier: $0) }
            }
            #expect(defined == [true, true, true, false, false])
        }
    }

    @Test("Functions of one name in two regions are two functions, each with its own limit")
    func regions() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 1 }) { world in
            let elsewhere = Location(account: "111111111111", region: "eu-west-1")
            await world.onLoop { host in
                host.define(Self.family(["here"]))
                host.define(Self.family(["there"], in: elsewhere))
            }
            #expect(await world.invoke("f").summary == "ok \"here $LATEST\"\n")
            #expect(await world.invoke("f", in: elsewhere).summary == "ok \"there $LATEST\"\n")
            var stopped = Self.family(["there"], in: elsewhere)
            stopped.reservedConcurrency = 0
            let definition = stopped
            await world.onLoop { $0.define(definition) }
            #expect(
                await world.invoke("f", in: elsewhere).summary
                    == "throttled ReservedFunctionConcurrentInvocationLimitExceeded")
            #expect(await world.invoke("f").summary == "ok \"here $LATEST\"\n")
            await world.onLoop { $0.remove(FunctionKey(location: elsewhere, name: "f")) }
            #expect(await world.invoke("f", in: elsewhere).summary == "unavailable There is no function f.")
            #expect(await world.invoke("f").summary == "ok \"here $LATEST\"\n")
        }
    }

    @Test("What only the API shows leaves environments alone, what a handler notices does not")
    func editions() async throws {
        try await HostWorld.use { world in
            try await world.define("f", python: "import os\ndef handler(e, c): return os.getpid()")
            let first = await world.invoke("f").summary
            let code = world.folder + "/f"
            func define(_ description: String, _ environment: [String: String]) async {
                var function = FunctionDefinition(
                    name: "f",
                    handler: .runtime(identifier: "python3.99", handler: "app.handler", codePath: code),
                    timeoutSeconds: 5, environment: environment,
                    modifiedAt: Timestamp(millisecondsSinceEpoch: 1))
                function.description = description
                function.revisionID = description
                let changed = function
                await world.onLoop { $0.define(changed) }
            }
            await define("told", [:])
            #expect(await world.invoke("f").summary == first)
            await define("told", ["A": "1"])
            #expect(await world.invoke("f").summary != first)
        }
    }

    @Test("Layers are found by Python and by PATH", .enabled(if: HostWorld.hasPython))
    func layers() async throws {
        try await HostWorld.use { world in
            let code = world.folder + "/f"
            try world.write(
                "import shared, subprocess\ndef handler(e, c): return [shared.T, subprocess.getoutput('tool')]",
                to: code, "app.py", mode: 0o644)
            try world.write("raise ImportError", to: code, "awslambdaric.py", mode: 0o644)
            let layer = world.folder + "/layer"
            try world.write("", to: layer, "x", mode: 0o644)
            try world.write("T = 'shared'", to: layer + "/python", "shared.py", mode: 0o644)
            try world.write("#!/bin/sh\necho from-layer\n", to: layer + "/bin", "tool", mode: 0o755)
            var function = FunctionDefinition(
                name: "f",
                handler: .runtime(identifier: "python3.99", handler: "app.handler", codePath: code),
                timeoutSeconds: 5, modifiedAt: Timestamp(millisecondsSinceEpoch: 1))
            function.layersPath = layer
            let definition = function
            await world.onLoop { $0.define(definition) }
            #expect(await world.invoke("f").summary == #"ok ["shared", "from-layer"]"#)
        }
    }
}
