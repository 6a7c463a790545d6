import Glibc

/// Writes structured log lines: an event name and typed fields, as text or as JSON, one line each.
///
/// Safe from any thread. A line is one `write`, so lines of several threads do not mix.
package final class Logger: Sendable {
    /// Most bytes of one line (our own bound; `PIPE_BUF` on Linux, so that a line into a pipe is never torn).
    package static let lineBytes = 4_096

    package let level: LogLevel
    package let format: LogFormat
    private let time: @Sendable () -> String
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - time: The present as text, `2019-11-14T00:38:06.021Z`; `Telemetry` knows no clock.
    ///   - sink: Receives whole lines with their line feed; standard error unless a test collects them.
    package init(
        level: LogLevel = .info, format: LogFormat = .text, time: @escaping @Sendable () -> String,
        sink: @escaping @Sendable ([UInt8]) -> Void = Logger.writeToStandardError
    ) {
        self.level = level
        self.format = format
        self.time = time
        self.sink = sink
    }

    /// A logger that drops everything, for tests and tools.
    package static let silent = Logger(level: .error, time: { "" }, sink: { _ in })

    package func isEnabled(_ level: LogLevel) -> Bool { level >= self.level }

    /// Writes one line if `level` is enabled; the fields are not even made when it is not.
    ///
    /// - Parameters:
    ///   - event: What happened, lower-case words that stay the same for ever: `"batch discarded"`.
    ///   - fields: Facts, in the order they should be read. Fields that no longer fit the line are left out.
    package func log(
        _ level: LogLevel, _ event: String,
        _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]
    ) {
        guard isEnabled(level) else { return }
        let line = LogLine(
            time: time(), level: level, event: event, fields: fields(), format: format,
            limit: Logger.lineBytes)
        sink(line.bytes)
    }

    /// The default sink. A log that cannot be written has nobody to be reported to, so errors end here.
    @Sendable package static func writeToStandardError(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 { rest = rest.dropFirst(written) } else if errno != EINTR { return }
        }
    }
}
