import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension LogsService {
    func putLogEvents(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let groupName = try groupName(arguments)
        let streamName = try streamName(arguments)
        // `sequenceToken` is taken and means nothing, as on AWS since 2023. `entity` would change what is found later.
        try arguments.refuse(["entity"], of: call.operation)
        let events = try Self.events(arguments)
        let group = try existing(groupName, in: call.location)
        _ = try existing(stream: streamName, in: group)
        let judged = Self.judge(events, now: now(), retentionDays: group.retentionDays)
        let location = call.location
        let batch = judged.accepted
        let answer = judged.answer
        store.submit(mayRunHere: loop.isQuiet) { writer throws(StoreError) in
            try writer.putLogEvents(
                batch, toStreamNamed: streamName, ofGroupNamed: groupName, in: location)
        } completion: { [loop] result in
            loop.execute {
                switch result {
                case .success: call.succeed(json: answer)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }

    /// Reads the events of a put and checks what makes the whole put fail.
    private static func events(
        _ arguments: CallArguments
    ) throws(AWSError) -> [(milliseconds: Int64, message: String)] {
        let given = try arguments.array("logEvents")
        var constraints = Constraints()
        constraints.required(given != nil, "logEvents")
        if let given { constraints.count(given.count, at: "logEvents", 1...LogsLimits.putEvents) }
        try constraints.check()
        var events: [(milliseconds: Int64, message: String)] = []
        var size = 0
        for (index, element) in (given ?? []).enumerated() {
            guard let members = element.objectValue else {
                throw .serialization("The value of logEvents can not be converted to List of Map")
            }
            let event = CallArguments(members)
            let milliseconds = try event.int("timestamp")
            let message = try event.string("message")
            constraints.required(milliseconds != nil, "logEvents.\(index + 1).member.timestamp")
            constraints.range(milliseconds, at: "logEvents.\(index + 1).member.timestamp", 0...Int.max)
            constraints.required(message != nil, "logEvents.\(index + 1).member.message")
            if message?.isEmpty == true {
                constraints.length("", at: "logEvents.\(index + 1).member.message", 1...Int.max)
            }
            try constraints.check()
            guard let milliseconds, let message else { continue }
            if let last = events.last, milliseconds < last.milliseconds {
                throw .invalid(
                    "Log events in a single PutLogEvents request must be in chronological order.")
            }
            events.append((Int64(milliseconds), message))
            size += message.utf8.count + LogEvent.overheadBytes
        }
        guard size <= LogsLimits.putBytes else {
            throw .invalid("Upload too large: \(size) bytes exceeds limit of \(LogsLimits.putBytes)")
        }
        let span = (events.last?.milliseconds ?? 0) - (events.first?.milliseconds ?? 0)
        guard span <= LogsLimits.putSpan.wholeMilliseconds else {
            throw .invalid(
                "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        }
        return events
    }

    /// Tells the events that are stored from those that come too late or too early; the others are in order of time.
    static func judge(
        _ events: [(milliseconds: Int64, message: String)], now: Timestamp, retentionDays: Int?
    ) -> (accepted: LogBatch, answer: [UInt8]) {
        let oldest = (now - LogsLimits.past).millisecondsSinceEpoch
        let newest = (now + LogsLimits.future).millisecondsSinceEpoch
        let kept = retentionDays.map { now.millisecondsSinceEpoch - Int64($0) * 86_400_000 }
        var accepted = LogBatch()
        var tooOld: Int?
        var expired: Int?
        var tooNew: Int?
        for (index, event) in events.enumerated() {
            if let kept, event.milliseconds < kept { expired = index + 1 }
            if event.milliseconds < oldest { tooOld = index + 1 }
            if event.milliseconds > newest { tooNew = tooNew ?? index }
            if event.milliseconds >= max(oldest, kept ?? oldest), event.milliseconds <= newest {
                accepted.append(event.message.utf8, at: event.milliseconds)
            }
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("nextSequenceToken")
        json.value(EventID.text(LogPosition(milliseconds: now.millisecondsSinceEpoch, number: 0)))
        let rejected: [(StaticString, Int?)] = [
            ("tooNewLogEventStartIndex", tooNew), ("tooOldLogEventEndIndex", tooOld),
            ("expiredLogEventEndIndex", expired),
        ]
        if rejected.contains(where: { $0.1 != nil }) {
            json.key("rejectedLogEventsInfo")
            json.beginObject()
            for (name, index) in rejected {
                guard let index else { continue }
                json.key(name)
                json.value(index)
            }
            json.endObject()
        }
        json.endObject()
        return (accepted, json.bytes)
    }
}
