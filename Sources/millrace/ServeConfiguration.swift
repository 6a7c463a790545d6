/// Everything `millrace serve` can be told, valid as a whole.
///
/// Flags beat environment (`MILLRACE_PORT` …) beat file (`--config`) beat defaults.
struct ServeConfiguration: Equatable, Sendable {
    enum Durability: String, CaseIterable, Sendable { case full, normal }
    enum LogFormat: String, CaseIterable, Sendable { case text, json }
    enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, warn, error }

    /// What signed requests are checked against.
    struct Credentials: Equatable, Sendable {
        var accessKey: String
        var secretKey: String
    }

    var dataDirectory = "./millrace-data"
    var host = "127.0.0.1"
    /// 0 takes a free one.
    var port: UInt16 = 4566
    /// Applied in this order.
    var templates: [String] = []
    var templateParameters: [String: String] = [:]
    var durability = Durability.full
    var logFormat = LogFormat.text
    var logLevel = LogLevel.info
    /// How long invocations may go on after the first signal.
    var drainTimeout = Duration.seconds(30)
    /// `nil` accepts any signature; then `host` is a loopback address.
    var credentials: Credentials?
    /// Environments of all functions together, 1...1,000 (Lambda quotas: account concurrency).
    var concurrencyLimit = 1_000
}

extension ServeConfiguration {
    /// What the command line asks for.
    enum Request: Equatable {
        case serve(ServeConfiguration)
        /// `--help` was given; the text goes to standard output.
        case help(String)
    }

    /// Reads flags, environment and configuration file.
    ///
    /// - Parameters:
    ///   - arguments: What follows `serve`.
    ///   - environment: All variables of the process; those that start with `MILLRACE_` count.
    static func read(
        arguments: [String], environment: [String: String]
    ) throws(UsageError) -> Request {
        fatalError("pending")
    }
}
