import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LogsService {
    func filterLogEvents(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let limit = try arguments.int("limit")
        let names = try arguments.strings("logStreamNames")
        let prefix = try arguments.string("logStreamNamePrefix")
        let text = try arguments.string("filterPattern")
        let times = try TimeSpan(arguments, includesEnd: true)
        var constraints = Constraints()
        constraints.range(limit, at: "limit", 1...LogsLimits.readEvents)
        constraints.streamName(prefix, at: "logStreamNamePrefix")
        if let names { constraints.count(names.count, at: "logStreamNames", 1...LogsLimits.filteredStreams) }
        for name in names ?? [] { constraints.streamName(name, at: "logStreamNames") }
        constraints.length(text, at: "filterPattern", 0...LogsLimits.patternCharacters)
        try constraints.check()
        if names != nil, prefix != nil {
            throw .invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
        }
        if try arguments.bool("unmask") == true {
            throw .notSupported(parameter: "unmask", operation: call.operation)
        }
        let pattern: FilterPattern
        do throws(PatternProblem) {
            pattern = try FilterPattern(text ?? "")
        } catch {
            throw error.wireError
        }
        var place: LogPosition?
        if let token = try arguments.string("nextToken") {
            guard let found = EventID.position(token) else { throw .invalidToken }
            place = found
        }
        let group = try group(call, arguments)
        // A stream that is not there is an error, as on AWS, and not an empty answer.
        for name in names ?? [] { _ = try existing(stream: name, in: group) }
        var search = LogSearch(
            limit: limit ?? LogsLimits.readEvents, names: names.map { Set($0) }, prefix: prefix)
        try run(&search, of: group, times.kept(by: group, now: now()), after: place, pattern)
        call.succeed(json: search.answer)
    }

    private func run(
        _ search: inout LogSearch, of group: LogGroup, _ span: TimeSpan.Bounds, after place: LogPosition?,
        _ pattern: FilterPattern
    ) throws(AWSError) {
        let lower = max(span.lower, place ?? span.lower)
        try read { reader throws(StoreError) in
            var problem: StoreError?
            try reader.logEvents(of: group, after: lower, before: span.upper) { event in
                guard search.maySee(event) else { return false }
                do throws(StoreError) {
                    if let name = try search.stream(of: event, reader), pattern.matches(event.message) {
                        search.take(event, name)
                    }
                    return true
                } catch {
                    problem = error
                    return false
                }
            }
            if let problem { throw problem }
        }
    }
}

/// One walk through the events of a group, with what it may cost and what it found.
struct LogSearch {
    private let limit: Int
    private let names: Set<String>?
    private let prefix: String?
    private var found: [(event: LogEvent, stream: String)] = []
    private var foundBytes = 0
    private var seen = 0
    private var seenBytes = 0
    /// The last event that was looked at.
    private var last: LogPosition?
    /// True when the walk ended before the events did.
    private var isCut = false
    /// Names of streams that are searched; `nil` for those that are not, or were deleted.
    private var streams: [Int64: String?] = [:]

    init(limit: Int, names: Set<String>?, prefix: String?) {
        self.limit = limit
        self.names = names
        self.prefix = prefix
    }

    /// Counts an event that is looked at; false when enough were.
    mutating func maySee(_ event: LogEvent) -> Bool {
        guard found.count < limit, foundBytes < LogsLimits.readBytes, seen < LogsLimits.scannedEvents,
            seenBytes < LogsLimits.scannedBytes
        else {
            isCut = true
            return false
        }
        seen += 1
        seenBytes += event.message.utf8.count
        return true
    }

    mutating func stream(of event: LogEvent, _ reader: StoreReader) throws(StoreError) -> String? {
        defer { last = event.position }
        if let known = streams[event.stream] { return known }
        var name = try reader.logStreamName(event.stream)
        if let candidate = name {
            let isNamed = names.map { $0.contains(candidate) } ?? true
            let hasPrefix = prefix.map { candidate.utf8.starts(with: $0.utf8) } ?? true
            if !isNamed || !hasPrefix { name = nil }
        }
        streams[event.stream] = .some(name)
        return name
    }

    mutating func take(_ event: LogEvent, _ stream: String) {
        found.append((event, stream))
        foundBytes += event.message.utf8.count + LogEvent.overheadBytes
    }

    var answer: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("events")
        json.beginArray()
        for (event, stream) in found {
            json.beginObject()
            json.key("logStreamName")
            json.value(stream)
            json.key("timestamp")
            json.value(event.position.milliseconds)
            json.key("message")
            json.value(event.message)
            json.key("ingestionTime")
            json.value(event.ingestedMilliseconds)
            json.key("eventId")
            json.value(EventID.text(event.position))
            json.endObject()
        }
        json.endArray()
        // Empty since 2019 (API reference, `FilterLogEvents`).
        json.key("searchedLogStreams")
        json.beginArray()
        json.endArray()
        if isCut, let last {
            json.key("nextToken")
            json.value(EventID.text(last))
        }
        json.endObject()
        return json.bytes
    }
}
