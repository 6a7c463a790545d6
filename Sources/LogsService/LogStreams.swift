import AWSWire
import ByteCoding
import EventModel
import EventStore

// MARK: - CreateLogStream, DeleteLogStream

extension LogsService {
    func createLogStream(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let group = try groupName(arguments)
        let name = try streamName(arguments)
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.createLogStream(named: name, inGroup: group, in: location)
        }
    }

    func deleteLogStream(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let group = try groupName(arguments)
        let name = try streamName(arguments)
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.deleteLogStream(named: name, inGroup: group, in: location)
        }
    }
}

// MARK: - DescribeLogStreams

extension LogsService {
    func describeLogStreams(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let prefix = try arguments.string("logStreamNamePrefix")
        let order = try arguments.string("orderBy") ?? "LogStreamName"
        let limit = try arguments.int("limit")
        let isDescending = try arguments.bool("descending") ?? false
        var constraints = Constraints()
        constraints.streamName(prefix, at: "logStreamNamePrefix")
        constraints.range(limit, at: "limit", 1...LogsLimits.listed)
        if order != "LogStreamName", order != "LastEventTime" {
            constraints.note(
                order, at: "orderBy", "Member must satisfy enum value set: [LogStreamName, LastEventTime]")
        }
        try constraints.check()
        let byEvent = order == "LastEventTime"
        if byEvent, prefix != nil {
            throw .invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        }
        let list: ListToken.List = byEvent ? .streamsByEvent : .streams
        let start = try ListToken.read(try arguments.string("nextToken"), of: list)
        let group = try group(call, arguments)
        let count = limit ?? LogsLimits.listed
        let found = try read { reader throws(StoreError) in
            if byEvent {
                let place = start.map {
                    LogStreamPlace(lastEventMilliseconds: $0.milliseconds, name: $0.name)
                }
                return try reader.logStreamsByLastEvent(
                    of: group, beyond: place, isDescending: isDescending, limit: count + 1)
            }
            return try reader.logStreams(
                of: group, prefix: prefix ?? "", beyond: start?.name, isDescending: isDescending,
                limit: count + 1)
        }
        let page = found.prefix(count)
        var json = JSONWriter()
        json.beginObject()
        json.key("logStreams")
        json.beginArray()
        for stream in page {
            let first = try read { reader throws(StoreError) in try reader.firstLogEvent(of: stream) }
            json.write(stream, of: group, firstEvent: first)
        }
        json.endArray()
        if found.count > count, let last = page.last {
            let milliseconds = byEvent ? last.lastEventMilliseconds : 0
            json.key("nextToken")
            json.value(ListToken(list: list, milliseconds: milliseconds, name: last.name).text)
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ stream: LogStream, of group: LogGroup, firstEvent: Int64?) {
        beginObject()
        key("logStreamName")
        value(stream.name)
        key("creationTime")
        value(stream.createdAt.millisecondsSinceEpoch)
        if stream.ingestedMilliseconds > 0 {
            if let firstEvent {
                key("firstEventTimestamp")
                value(firstEvent)
            }
            key("lastEventTimestamp")
            value(stream.lastEventMilliseconds)
            key("lastIngestionTime")
            value(stream.ingestedMilliseconds)
        }
        // Any token is taken; SDKs of old hand it back.
        key("uploadSequenceToken")
        value("\(stream.key)")
        key("arn")
        value("\(group.arn):log-stream:\(stream.name)")
        // Streams have not told their size since 2019 (API reference, `LogStream`).
        key("storedBytes")
        value(0)
        endObject()
    }
}
