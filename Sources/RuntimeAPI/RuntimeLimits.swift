/// The bounds that only this module keeps, each with its source.
enum RuntimeLimits {
    /// The part of an invocation's log that is kept for its caller (Lambda API, `LogType: Tail`).
    static let logTailBytes = 4_096
    /// A longer line is cut into several (our own; CloudWatch allows 256 KB an event).
    static let logLineBytes = 16_384
    /// What one environment may log in a second before lines are counted instead of kept (our own).
    static let logLinesPerSecond = 20_000
    static let logBytesPerSecond = 4 * 1_048_576
    /// Read from one process before the loop turns to others (our own).
    static let pipeBytesPerTurn = 262_144
    /// Connections to one Runtime API address; a runtime needs one or two (our own).
    static let connectionsPerEnvironment = 16
    /// Lines of standard error that a failed command's error object carries (our own).
    static let commandErrorLines = 20
    /// Wait before the start after n failed ones: doubled from the first to the last (our own).
    static let startBackOffFirst = Duration.milliseconds(100)
    static let startBackOffLast = Duration.seconds(5)
    /// How long an invocation waits for an environment that has answered but not asked for more (our own).
    static let handOverGrace = Duration.milliseconds(50)
    /// How long a runtime may leave between giving up one `next` and sending another (our own).
    static let reconnectGrace = Duration.seconds(10)
    /// Between a process' end and its verdict, so that what it sent last is read first (our own).
    static let exitGrace = Duration.milliseconds(2)
    /// How often memory use is read anew; a read costs more than a short invocation (our own).
    static let memoryReadInterval = Duration.seconds(1)
    /// Between two looks at a process where the kernel has no pidfd (our own).
    static let exitPollInterval = Duration.milliseconds(10)
    /// Looks at a killed group until its last member has been reaped (our own).
    static let reapAttempts = 100
}
