import EventModel

/// Everything `millrace serve` can be told, valid as a whole.
///
/// Flags beat environment (`MILLRACE_PORT` …) beat file (`--config`) beat defaults.
struct ServeConfiguration: Equatable, Sendable {
    enum Durability: String, CaseIterable, Sendable { case full, normal }
    enum LogFormat: String, CaseIterable, Sendable { case text, json }
    enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, warn, error }

    /// Whether Kinesis's shards take and give only what AWS's do.
    enum KinesisLimits: String, CaseIterable, Sendable { case off, on }

    /// Whether FIFO queues may be called only as often as AWS's.
    enum SQSLimits: String, CaseIterable, Sendable { case off, on }

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
    var kinesisLimits = KinesisLimits.off
    var sqsLimits = SQSLimits.off
    /// Age at which a table stream that was written to goes on in a new shard.
    var tableShardLifetime = Limits.tableShardLifetime
    /// Worth a line in the log at the start: environment variables that look like settings and are none.
    var warnings: [String] = []
}
