import EventModel

/// What an invocation cost, for its REPORT line.
struct InvocationReport {
    let duration: Duration
    let memoryMegabytes: Int
    let usedMegabytes: Int
    /// Only for the first invocation of an environment.
    let initDuration: Duration?
    let hasTimedOut: Bool
}

/// The platform's own log lines, as recorded on AWS (invocation.md §8), without their line feed.
enum LogLines {
    static func start(_ requestID: String, _ version: FunctionVersion) -> [UInt8] {
        Array("START RequestId: \(requestID) Version: \(version)".utf8)
    }

    static func end(_ requestID: String) -> [UInt8] { Array("END RequestId: \(requestID)".utf8) }

    static func report(_ requestID: String, _ report: InvocationReport) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(200)
        append("REPORT RequestId: ", to: &line)
        append(requestID, to: &line)
        append("\tDuration: ", to: &line)
        appendMilliseconds(report.duration, to: &line)
        append(" ms\tBilled Duration: ", to: &line)
        append(String(report.duration.billedMilliseconds), to: &line)
        append(" ms\tMemory Size: ", to: &line)
        append(String(report.memoryMegabytes), to: &line)
        append(" MB\tMax Memory Used: ", to: &line)
        append(String(report.usedMegabytes), to: &line)
        append(" MB\t", to: &line)
        if let length = report.initDuration {
            append("Init Duration: ", to: &line)
            appendMilliseconds(length, to: &line)
            append(" ms\t", to: &line)
        }
        if report.hasTimedOut { append("Status: timeout\t", to: &line) }
        return line
    }

    static func timedOut(_ requestID: String, seconds: Int, at moment: Timestamp) -> [UInt8] {
        Array("\(moment.iso8601Milliseconds) \(requestID) Task timed out after \(seconds).00 seconds".utf8)
    }

    static func discarded(bytes: Int) -> [UInt8] {
        Array("LOGS DROPPED: \(bytes) bytes of output were not kept, it came too fast".utf8)
    }

    private static func append(_ text: String, to line: inout [UInt8]) { line.append(contentsOf: text.utf8) }

    /// Two decimals, as in `3.01`.
    private static func appendMilliseconds(_ length: Duration, to line: inout [UInt8]) {
        let hundredths = (length.nanoseconds + 5_000) / 10_000
        append(String(hundredths / 100), to: &line)
        line.append(UInt8(ascii: "."))
        line.append(UInt8(ascii: "0") + UInt8(hundredths / 10 % 10))
        line.append(UInt8(ascii: "0") + UInt8(hundredths % 10))
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Started milliseconds are paid in full.
    fileprivate var billedMilliseconds: Int64 { (nanoseconds + 999_999) / 1_000_000 }
}
