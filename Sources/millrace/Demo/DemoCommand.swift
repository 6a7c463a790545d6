import Glibc

/// `millrace demo`: a daemon on a fresh data directory, three sources with handlers, poison among the records, and in
/// the end an explanation of what became of it.
enum DemoCommand {
    static let verb = Verb(
        "demo",
        summary:
            "Runs a daemon with a stream, a queue and a table for about 20 seconds and explains what happened.",
        options: [
            Option("template", "FILE", "What to run (default Config/demo/template.yaml)."),
            Option("keep", nil, "Leave the daemon and its data for you to play with."),
            Option("port", "N", "Port of the daemon (default 4566 with --keep, else a free one)."),
            Option("for", "TIME", "How long to feed (default 12s); then the rest is waited for."),
            Option("seed", "N", "Other records (default 1)."),
        ],
        notes: "Config/dev demo builds what is needed and runs this.")

    /// Longest wait for what has been fed to be settled: a message of the demo's queue is received three times, two
    /// seconds apart, before it counts as a dead letter.
    static let settlingLimit = Duration.seconds(20)

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 0, of: verb)
        let isKept = arguments.has("keep")
        let length = try arguments["for"]?.duration() ?? .seconds(12)
        let seed = UInt64(try arguments["seed"]?.integer(in: 0...Int.max) ?? 1)
        let port = try arguments["port"]?.integer(in: 0...65_535) ?? (isKept ? 4_566 : 0)
        let template = arguments["template"]?.text ?? "Config/demo/template.yaml"
        Interruption.watch()
        let folder = try TemporaryFolder()
        let daemon: DaemonProcess
        do {
            daemon = try DaemonProcess(
                arguments: [
                    "--data", "\(folder.path)/data", "--port", "\(port)", "--template", template,
                    "--log-level", "warn",
                ], logFile: "\(folder.path)/daemon.log")
        } catch {
            folder.remove()
            throw error
        }
        defer {
            if !isKept {
                daemon.stop()
                folder.remove()
            }
        }
        StandardOutput.write(
            "A fresh daemon listens at \(daemon.address), its data is in \(folder.path)/data.\n")
        let run = try DemoRun(endpoint: daemon.address, seed: seed, length: length)
        let isComplete = try run.play()
        if isKept { StandardOutput.write(farewell(daemon, folder)) }
        return isComplete ? 0 : 1
    }

    private static func farewell(_ daemon: DaemonProcess, _ folder: TemporaryFolder) -> String {
        """

        The daemon is still there. Try:
          export AWS_ENDPOINT_URL=\(daemon.address) AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\
                 AWS_DEFAULT_REGION=us-east-1
          .build/release/millrace status
          .build/release/millrace explain demo-Clicks
          .build/release/millrace feed stream demo-Clicks --rate 200 --for 30s --poison 1% &
          .build/release/millrace lag --watch
          aws --endpoint-url \(daemon.address) sqs receive-message \\
              --queue-url \(daemon.address)/000000000000/demo-OrderDeadLetters
        Its log is \(folder.path)/daemon.log. Stop it with: kill \(daemon.pid); then \(folder.path) can go.

        """
    }
}
