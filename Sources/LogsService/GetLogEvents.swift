import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LogsService {
    func getLogEvents(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let streamName = try streamName(arguments)
        let limit = try arguments.int("limit")
        let times = try TimeSpan(arguments, includesEnd: false)
        let startsAtHead = try arguments.bool("startFromHead") ?? false
        var constraints = Constraints()
        constraints.range(limit, at: "limit", 1...LogsLimits.readEvents)
        try constraints.check()
        if try arguments.bool("unmask") == true {
            throw .notSupported(parameter: "unmask", operation: call.operation)
        }
        var token: ReadToken?
        if let text = try arguments.string("nextToken") { token = try ReadToken(text) }
        let group = try group(call, arguments)
        let stream = try existing(stream: streamName, in: group)
        let span = times.kept(by: group, now: now())
        var page = EventPage(limit: limit ?? LogsLimits.readEvents)
        let isDescending: Bool
        var (lower, upper) = (span.lower, span.upper)
        switch token {
        case .forward(let place)?:
            isDescending = false
            lower = max(lower, place)
        case .backward(let place)?:
            isDescending = true
            upper = min(upper, place)
        case nil: isDescending = !startsAtHead
        }
        try read { reader throws(StoreError) in
            try reader.logEvents(of: stream, after: lower, before: upper, isDescending: isDescending) {
                page.take($0)
            }
        }
        let events = isDescending ? page.events.reversed() : page.events
        let tokens = Self.tokens(around: events, token: token, span)
        var json = JSONWriter()
        json.beginObject()
        json.key("events")
        json.beginArray()
        for event in events {
            json.beginObject()
            json.key("timestamp")
            json.value(event.position.milliseconds)
            json.key("message")
            json.value(event.message)
            json.key("ingestionTime")
            json.value(event.ingestedMilliseconds)
            json.endObject()
        }
        json.endArray()
        json.key("nextForwardToken")
        json.value(tokens.forward.text)
        json.key("nextBackwardToken")
        json.value(tokens.backward.text)
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// Tokens beside what is answered; at an end the token that was given comes back.
    static func tokens(
        around events: [LogEvent], token: ReadToken?, _ span: TimeSpan.Bounds
    ) -> (forward: ReadToken, backward: ReadToken) {
        if let first = events.first, let last = events.last {
            return (.forward(last.position), .backward(first.position))
        }
        switch token {
        case .forward(let place)?: return (.forward(place), .backward(place.next))
        case .backward(let place)?: return (.forward(place.previous), .backward(place))
        case nil: return (.forward(span.lower), .backward(span.lower.next))
        }
    }
}

extension LogPosition {
    fileprivate var next: LogPosition { LogPosition(milliseconds: milliseconds, number: number + 1) }
    fileprivate var previous: LogPosition {
        LogPosition(milliseconds: milliseconds, number: max(0, number - 1))
    }
}

/// `startTime` and `endTime` of a read.
struct TimeSpan {
    /// Two places between which events are, neither included.
    struct Bounds: Equatable {
        var lower: LogPosition
        var upper: LogPosition
    }

    private let start: Int64
    /// The first millisecond that is not asked for.
    private let end: Int64?

    init(_ arguments: CallArguments, includesEnd: Bool) throws(AWSError) {
        let start = try arguments.int("startTime")
        let end = try arguments.int("endTime")
        var constraints = Constraints()
        constraints.range(start, at: "startTime", 0...Int.max)
        constraints.range(end, at: "endTime", 0...Int.max)
        try constraints.check()
        self.start = Int64(start ?? 0)
        self.end = end.map { Int64($0) + (includesEnd && $0 < Int.max ? 1 : 0) }
    }

    /// Without what is past the group's retention, whether it has been removed yet or not.
    func kept(by group: LogGroup, now: Timestamp) -> Bounds {
        let cutoff = group.retentionDays.map { now.millisecondsSinceEpoch - Int64($0) * 86_400_000 } ?? 0
        return Bounds(
            lower: LogPosition(milliseconds: max(start, cutoff), number: 0),
            upper: LogPosition(milliseconds: end ?? Int64.max, number: 0))
    }
}

/// Events of an answer up to its bounds.
struct EventPage {
    let limit: Int
    private(set) var events: [LogEvent] = []
    private var bytes = 0

    init(limit: Int) { self.limit = limit }

    /// False when there is no room for more; the first always has room.
    mutating func take(_ event: LogEvent) -> Bool {
        let size = event.message.utf8.count + LogEvent.overheadBytes
        guard events.count < limit, events.isEmpty || bytes + size <= LogsLimits.readBytes else {
            return false
        }
        bytes += size
        events.append(event)
        return events.count < limit
    }
}
