package import EventModel
package import Telemetry

/// One line of a function's log, its line feed stripped.
package struct FunctionLogLine {
    package let function: FunctionKey
    package let version: FunctionVersion
    /// `nil` for what is written between invocations or during init.
    package let requestID: String?
    /// True for START, END, REPORT and their like; false for what the handler wrote.
    package let isPlatform: Bool
    /// Not necessarily UTF-8; longer lines are cut into several (`RuntimeLimits.logLineBytes`).
    package let bytes: ArraySlice<UInt8>
}

extension FunctionLogLine {
    /// A log sink that writes what handlers print as `info`, and START, END and REPORT as `debug`.
    ///
    /// - Returns: `nil` when the logger would drop all of it, so that lines are not even cut.
    package static func sink(to logger: Logger) -> ((FunctionLogLine) -> Void)? {
        guard logger.isEnabled(.info) else { return nil }
        return { line in
            let level: LogLevel = line.isPlatform ? .debug : .info
            guard logger.isEnabled(level) else { return }
            let text = String(decoding: line.bytes, as: UTF8.self)
            logger.log(
                level, "function log",
                [
                    "function": .string(line.function.description), "request": .string(line.requestID ?? ""),
                    "line": .string(text),
                ])
        }
    }
}
