package import EventModel

/// A log group as it is stored.
package struct LogGroup: Equatable, Sendable {
    package let key: Int64
    package let location: Location
    package let name: String
    package let createdAt: Timestamp
    /// `nil` keeps events for ever.
    package var retentionDays: Int?
    package var tags: [String: String]
    /// Messages with `LogEvent.overheadBytes` each.
    package var storedBytes: Int64

    /// Without the `:*` that older operations add.
    package var arn: ARN { location.arn("logs", "log-group:\(name)") }
}

/// A log stream as it is stored.
package struct LogStream: Equatable, Sendable {
    package let key: Int64
    package let group: Int64
    package let name: String
    package let createdAt: Timestamp
    /// 0 before the first event.
    package var lastEventMilliseconds: Int64
    /// 0 before the first event.
    package var ingestedMilliseconds: Int64
}

/// An event's place in its group or stream: by time, and in the order in which they came where times are equal.
package struct LogPosition: Hashable, Comparable, Sendable {
    package var milliseconds: Int64
    /// From 1, ascending within a group.
    package var number: Int64

    package init(milliseconds: Int64, number: Int64) {
        self.milliseconds = milliseconds
        self.number = number
    }

    package static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}

/// An event as it is read.
package struct LogEvent: Equatable, Sendable {
    /// What each event counts for besides its message (CloudWatch Logs API reference, `PutLogEvents`).
    package static let overheadBytes = 26

    package let position: LogPosition
    package let stream: Int64
    package let ingestedMilliseconds: Int64
    package let message: String
}

/// Events for one stream, in one piece of memory.
package struct LogBatch: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// When each happened and where its message ends.
    package private(set) var events: [(milliseconds: Int64, end: Int)] = []

    package init() {}

    package mutating func append(_ message: some Collection<UInt8>, at milliseconds: Int64) {
        bytes.append(contentsOf: message)
        events.append((milliseconds, bytes.count))
    }

    /// Appends a line with its line feed, or a part of one that goes on in the next.
    package mutating func append(_ line: ArraySlice<UInt8>, isWhole: Bool, at milliseconds: Int64) {
        bytes.append(contentsOf: line)
        if isWhole { bytes.append(UInt8(ascii: "\n")) }
        events.append((milliseconds, bytes.count))
    }

    package mutating func append(_ other: LogBatch) {
        let start = bytes.count
        bytes.append(contentsOf: other.bytes)
        for event in other.events { events.append((event.milliseconds, start + event.end)) }
    }

    package var count: Int { events.count }
    /// What the events count for.
    package var size: Int { bytes.count + LogEvent.overheadBytes * events.count }
}

/// Events of a function, for a group and a stream that are made when they are not there.
package struct NamedLogBatch: Sendable {
    package let location: Location
    package let group: String
    package let stream: String
    package var batch: LogBatch

    package init(location: Location, group: String, stream: String, batch: LogBatch) {
        self.location = location
        self.group = group
        self.stream = stream
        self.batch = batch
    }
}
