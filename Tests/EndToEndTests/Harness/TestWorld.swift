/// All that one test needs on disk, and daemons over it.
final class TestWorld {
    let folder: TemporaryFolder
    let binary: DaemonBinary

    init() throws {
        folder = try TemporaryFolder()
        binary = try DaemonBinary(outputIn: folder)
        try Files.makeFolder("\(folder.path)/app")
        try Files.write(SampleHandler.source, to: "\(folder.path)/app/\(SampleHandler.fileName)")
    }

    var dataPath: String { "\(folder.path)/data" }
    var ledgerPath: String { "\(folder.path)/ledger" }
    var templatePath: String { "\(folder.path)/app/template.yaml" }
    var ledger: Ledger { Ledger(path: ledgerPath) }

    /// Writes a template beside the handler, with the common parts of its functions filled in.
    ///
    /// - Parameter resources: The members of `Resources`, not indented.
    func writeTemplate(_ resources: String) throws {
        let lines = resources.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        try Files.write(
            """
            Transform: AWS::Serverless-2016-10-31
            Globals:
              Function:
                Runtime: python3.12
                Handler: \(SampleHandler.handler)
                CodeUri: .
                Timeout: 3
                Environment: {Variables: {LEDGER: "\(ledgerPath)"}}
            Resources:
            \(lines.joined(separator: "\n"))

            """, to: templatePath)
    }

    /// Starts a daemon on this world's data.
    func start(
        template: Bool = true, durability: String = "normal", _ arguments: [String] = []
    ) throws -> DaemonUnderTest {
        try DaemonUnderTest(
            binary,
            ["--data", dataPath, "--durability", durability]
                + (template ? ["--template", templatePath] : []) + arguments)
    }

    func awaitHandled(_ count: Int, by function: String, log: @autoclosure () -> String = "") throws {
        try Waiting.until(
            "\(function) to handle \(count)",
            detail: { "It handled \(ledger.handled(by: function).count). \(log().suffix(4_000))" }
        ) {
            ledger.handled(by: function).count >= count
        }
    }
}
