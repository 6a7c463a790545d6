package import EventModel
package import Telemetry

/// Where the lines of an environment go: one stream for each, in the group of the function.
package final class FunctionLogStream: Sendable {
    package let function: FunctionKey
    package let version: FunctionVersion
    /// `YYYY/MM/DD/[version]<32 hex digits>`.
    package let name: String

    package init(function: FunctionKey, version: FunctionVersion, name: String) {
        self.function = function
        self.version = version
        self.name = name
    }

    package var location: Location { function.location }
    package var functionName: String { function.name }
    /// The name of the log group.
    package var group: String { "/aws/lambda/\(functionName)" }
}

/// One line of a function's log, its line feed stripped.
package struct FunctionLogLine {
    package let stream: FunctionLogStream
    /// `nil` for what is written between invocations or during init.
    package let requestID: String?
    /// True for START, END, REPORT and their like; false for what the handler wrote.
    package let isPlatform: Bool
    /// Not necessarily UTF-8; longer lines are cut into several (`RuntimeLimits.logLineBytes`).
    package let bytes: ArraySlice<UInt8>

    package init(
        stream: FunctionLogStream, requestID: String?, isPlatform: Bool, bytes: ArraySlice<UInt8>
    ) {
        self.stream = stream
        self.requestID = requestID
        self.isPlatform = isPlatform
        self.bytes = bytes
    }

    package var function: FunctionKey { stream.function }
    package var version: FunctionVersion { stream.version }
    /// Whether a line feed stood behind it; one that was cut for its length goes on in the next.
    package var isWhole: Bool { bytes.count < RuntimeLimits.logLineBytes }
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
