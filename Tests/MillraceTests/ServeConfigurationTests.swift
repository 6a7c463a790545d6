import Glibc
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("What the daemon is told")
struct ServeConfigurationTests {
    private func read(
        _ words: [String], _ environment: [String: String] = [:]
    ) throws -> ServeConfiguration {
        switch try ServeConfiguration.read(arguments: words, environment: environment) {
        case .serve(let configuration): return configuration
        case .help: throw UsageError("help")
        }
    }

    /// Runs a body with a configuration file of the given content.
    private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/millrace.yaml"
        let file = try #require(fopen(path, "w"))
        fputs(content, file)
        fclose(file)
        try body(path)
    }

    @Test("Told nothing, it takes the defaults")
    func defaults() throws {
        #expect(try read([]) == ServeConfiguration())
        #expect(try read([]).port == 4_566)
        #expect(try read([]).drainTimeout == .seconds(30))
    }

    @Test("A table's shards live four hours unless told otherwise, and never less than a second")
    func tableShardLifetime() throws {
        #expect(try read([]).tableShardLifetime == .seconds(14_400))
        #expect(try read(["--table-shard-lifetime", "90m"]).tableShardLifetime == .seconds(5_400))
        let error = #expect(throws: UsageError.self) { try read(["--table-shard-lifetime", "999ms"]) }
        #expect(error?.description.contains("--table-shard-lifetime has to be at least 1s") == true)
    }

    @Test("The limits of AWS are there for who wants them")
    func limits() throws {
        #expect(try read([]).sqsLimits == .off)
        #expect(try read(["--sqs-limits", "on"]).sqsLimits == .on)
        #expect(try read([], ["MILLRACE_SQS_LIMITS": "on"]).sqsLimits == .on)
        #expect(try read(["--kinesis-limits", "on"]).sqsLimits == .off)
        #expect(throws: UsageError.self) { try read(["--sqs-limits", "yes"]) }
    }

    @Test("Flags beat environment beat file")
    func layers() throws {
        try withFile("port: 1\nhost: localhost\ndurability: normal\n") { path in
            let configuration = try read(
                ["--config", path, "--port", "3"], ["MILLRACE_PORT": "2", "MILLRACE_HOST": "127.0.0.2"])
            #expect(configuration.port == 3)
            #expect(configuration.host == "127.0.0.2")
            #expect(configuration.durability == .normal)
        }
    }

    @Test("The file may come by the environment, and lists and maps stand as such in it")
    func file() throws {
        try withFile("template: [a.yaml, b.yaml]\nparameter: {Stage: dev, Size: 5}\nlog-format:\n") { path in
            let configuration = try read([], ["MILLRACE_CONFIG": path])
            #expect(configuration.templates == ["a.yaml", "b.yaml"])
            #expect(configuration.templateParameters == ["Stage": "dev", "Size": "5"])
            #expect(configuration.logFormat == .text)
        }
    }

    @Test("Repeated flags and comma-separated variables make lists")
    func lists() throws {
        #expect(try read(["--template", "a", "--template", "b"]).templates == ["a", "b"])
        #expect(try read([], ["MILLRACE_TEMPLATE": "a,b"]).templates == ["a", "b"])
        #expect(try read(["--parameter", "A=1=2"]).templateParameters == ["A": "1=2"])
    }

    @Test("An unknown key is refused with its line and a guess")
    func unknownKey() throws {
        try withFile("port: 1\ndrain-timeuot: 5s\n") { path in
            #expect(throws: UsageError("\(path):2: drain-timeuot is no setting. Did you mean drain-timeout?"))
            {
                try read(["--config", path])
            }
        }
    }

    @Test("A wrong value is refused with where it stands")
    func wrongValue() throws {
        try withFile("\nport: many\n") { path in
            #expect(
                throws: UsageError("\(path):2: port is 'many', but has to be a whole number from 0 to 65535.")
            ) {
                try read(["--config", path])
            }
        }
        #expect(
            throws: UsageError(
                "MILLRACE_LOG_LEVEL is 'loud', but has to be one of trace, debug, info, warn, error.")
        ) {
            try read([], ["MILLRACE_LOG_LEVEL": "loud"])
        }
    }

    @Test("An unknown variable is worth a warning, since others may have made it")
    func unknownVariable() throws {
        let configuration = try read([], ["MILLRACE_PROT": "5", "OTHER": "x"])
        #expect(
            configuration.warnings == [
                "The environment variable MILLRACE_PROT means nothing here. Did you mean MILLRACE_PORT?"
            ])
    }

    @Test(
        "Beyond loopback it listens only with credentials",
        arguments: ["0.0.0.0", "::", "10.0.0.1", "127.evil.org"])
    func binding(host: String) throws {
        let error = #expect(throws: UsageError.self) { try read(["--host", host]) }
        #expect(error?.description.contains("--access-key") == true)
        let configuration = try read(["--host", host, "--access-key", "a", "--secret-key", "b"])
        #expect(configuration.credentials == .init(accessKey: "a", secretKey: "b"))
    }

    @Test("Loopback needs no credentials", arguments: ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
    func loopback(host: String) throws {
        #expect(try read(["--host", host]).host == host)
    }

    @Test("Half a pair of keys is refused")
    func halfKeys() {
        #expect(throws: UsageError("--access-key needs --secret-key (MILLRACE_SECRET_KEY) too.")) {
            try read(["--access-key", "a"])
        }
    }

    @Test("The commented file holds every setting, with its default")
    func shippedFile() throws {
        let here = #filePath
        let tests = try #require(here.firstRange(of: "/Tests/"))
        let root = String(here[..<tests.lowerBound])
        #expect(try read(["--config", root + "/Config/millrace.yaml"]) == ServeConfiguration())
    }
}
