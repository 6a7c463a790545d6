import ByteCoding

// One place writes and reads the JSON of the shapes, so that daemon and command line cannot disagree.

/// An answer of `/_millrace/` that is not of the form it should be: another version's daemon, or none of ours.
struct ShapeError: Error, Equatable, CustomStringConvertible {
    let member: String
    var description: String { "The answer has no proper '\(member)'; is this daemon of the same version?" }
}

/// Something that is written as JSON and read again.
protocol StatusShape: Equatable, Sendable {
    init(_ json: JSONValue) throws(ShapeError)
    var json: JSONValue { get }
}

// MARK: - Reading members

extension JSONValue {
    func string(_ key: String) throws(ShapeError) -> String {
        guard let value = self[key]?.stringValue else { throw ShapeError(member: key) }
        return value
    }

    func integer(_ key: String) throws(ShapeError) -> Int {
        guard let value = self[key]?.intValue else { throw ShapeError(member: key) }
        return value
    }

    func long(_ key: String) throws(ShapeError) -> Int64 { Int64(try integer(key)) }

    func list<Shape: StatusShape>(_ key: String, of type: Shape.Type) throws(ShapeError)
        -> [Shape]
    {
        guard let values = self[key]?.arrayValue else { throw ShapeError(member: key) }
        var shapes: [Shape] = []
        for value in values { shapes.append(try Shape(value)) }
        return shapes
    }

    /// An object without the members that are `nil`.
    static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(JSONObject(members.compactMap { name, value in value.map { (name, $0) } }))
    }

    static func long(_ number: Int64) -> JSONValue { .number(String(number)) }
    static func list(_ shapes: [some StatusShape]) -> JSONValue { .array(shapes.map(\.json)) }
}

// MARK: - Status

extension StatusReport: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        version = try json.string("version")
        address = try json.string("address")
        dataDirectory = try json.string("dataDirectory")
        durability = try json.string("durability")
        startedAtMs = try json.long("startedAtMs")
        nowAtMs = try json.long("nowAtMs")
        environments = try json.integer("environments")
        concurrencyLimit = try json.integer("concurrencyLimit")
        mappings = try json.list("mappings", of: MappingStatus.self)
        queues = try json.list("queues", of: QueueStatus.self)
        streams = try json.list("streams", of: StreamStatus.self)
        topics = try json.list("topics", of: TopicStatus.self)
    }

    var json: JSONValue {
        .members([
            ("version", .string(version)), ("address", .string(address)),
            ("dataDirectory", .string(dataDirectory)),
            ("durability", .string(durability)), ("startedAtMs", .long(startedAtMs)),
            ("nowAtMs", .long(nowAtMs)),
            ("environments", .long(Int64(environments))),
            ("concurrencyLimit", .long(Int64(concurrencyLimit))),
            ("mappings", .list(mappings)), ("queues", .list(queues)), ("streams", .list(streams)),
            ("topics", .list(topics)),
        ])
    }
}

extension QueueStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        name = try json.string("name")
        visible = try json.long("visible")
        inFlight = try json.long("inFlight")
        delayed = try json.long("delayed")
        deadLetterQueue = json["deadLetterQueue"]?.stringValue
        neverExecuted = try json.long("neverExecuted")
    }

    var json: JSONValue {
        .members([
            ("name", .string(name)), ("visible", .long(visible)), ("inFlight", .long(inFlight)),
            ("delayed", .long(delayed)), ("deadLetterQueue", deadLetterQueue.map { .string($0) }),
            ("neverExecuted", .long(neverExecuted)),
        ])
    }
}

extension TopicStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        name = try json.string("name")
        subscriptions = try json.integer("subscriptions")
        pending = try json.integer("pending")
        waitingDeliveries = try json.integer("waitingDeliveries")
    }

    var json: JSONValue {
        .members([
            ("name", .string(name)), ("subscriptions", .long(Int64(subscriptions))),
            ("pending", .long(Int64(pending))), ("waitingDeliveries", .long(Int64(waitingDeliveries))),
        ])
    }
}

extension StreamStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        name = try json.string("name")
        guard let flag = json["isTableStream"]?.boolValue else { throw ShapeError(member: "isTableStream") }
        isTableStream = flag
        shards = try json.integer("shards")
        records = try json.long("records")
    }

    var json: JSONValue {
        .members([
            ("name", .string(name)), ("isTableStream", .bool(isTableStream)),
            ("shards", .long(Int64(shards))),
            ("records", .long(records)),
        ])
    }
}

extension MappingStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        id = try json.string("id")
        source = try json.string("source")
        function = try json.string("function")
        state = try json.string("state")
        lastResult = json["lastResult"]?.stringValue
        inFlight = try json.integer("inFlight")
        waitsFor = try json.string("waitsFor")
        batches = try json.long("batches")
        invocations = try json.long("invocations")
        records = try json.long("records")
        retries = try json.long("retries")
        bisects = try json.long("bisects")
        filtered = try json.long("filtered")
        discarded = try json.long("discarded")
        dropped = try json.long("dropped")
        neverExecuted = try json.long("neverExecuted")
        if let scale = json["scale"] { self.scale = try ScaleStatus(scale) }
        lastError = json["lastError"]?.stringValue
        shards = try json.list("shards", of: ShardStatus.self)
    }

    var json: JSONValue {
        .members([
            ("id", .string(id)), ("source", .string(source)), ("function", .string(function)),
            ("state", .string(state)), ("lastResult", lastResult.map { .string($0) }),
            ("inFlight", .long(Int64(inFlight))), ("waitsFor", .string(waitsFor)),
            ("batches", .long(batches)),
            ("invocations", .long(invocations)), ("records", .long(records)), ("retries", .long(retries)),
            ("bisects", .long(bisects)), ("filtered", .long(filtered)), ("discarded", .long(discarded)),
            ("dropped", .long(dropped)), ("neverExecuted", .long(neverExecuted)), ("scale", scale?.json),
            ("lastError", lastError.map { .string($0) }), ("shards", .list(shards)),
        ])
    }
}

extension ShardStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        shard = try json.string("shard")
        waitsFor = try json.string("waitsFor")
        waitsForShards = (json["waitsForShards"]?.arrayValue ?? []).compactMap(\.stringValue)
        checkpoint = json["checkpoint"]?.stringValue
        recordsBehind = try json.long("recordsBehind")
        ageAtRead = try AgeStatus(json["ageAtRead"] ?? .null)
        ageAtInvoke = try AgeStatus(json["ageAtInvoke"] ?? .null)
        ageAtCompletion = try AgeStatus(json["ageAtCompletion"] ?? .null)
        guard let rate = json["drainPerSecond"]?.doubleValue else {
            throw ShapeError(member: "drainPerSecond")
        }
        drainPerSecond = rate
        drainSeconds = json["drainSeconds"]?.doubleValue
        lastError = json["lastError"]?.stringValue
        history = (json["history"]?.arrayValue ?? []).compactMap { $0.intValue.map(Int64.init) }
    }

    var json: JSONValue {
        .members([
            ("shard", .string(shard)), ("waitsFor", .string(waitsFor)),
            ("waitsForShards", .array(waitsForShards.map { .string($0) })),
            ("checkpoint", checkpoint.map { .string($0) }),
            ("recordsBehind", .long(recordsBehind)), ("ageAtRead", ageAtRead.json),
            ("ageAtInvoke", ageAtInvoke.json), ("ageAtCompletion", ageAtCompletion.json),
            ("drainPerSecond", .number(String(drainPerSecond))),
            ("drainSeconds", drainSeconds.map { .number(String($0)) }),
            ("lastError", lastError.map { .string($0) }),
            ("history", .array(history.map { .long($0) })),
        ])
    }
}

extension AgeStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        nowMs = json["nowMs"]?.intValue.map(Int64.init)
        p99Ms = json["p99Ms"]?.intValue.map(Int64.init)
        maxMs = json["maxMs"]?.intValue.map(Int64.init)
    }

    var json: JSONValue {
        .members([
            ("nowMs", nowMs.map { .long($0) }), ("p99Ms", p99Ms.map { .long($0) }),
            ("maxMs", maxMs.map { .long($0) }),
        ])
    }
}

extension LagReport: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        nowAtMs = try json.long("nowAtMs")
        mappings = try json.list("mappings", of: MappingStatus.self)
    }

    var json: JSONValue { .members([("nowAtMs", .long(nowAtMs)), ("mappings", .list(mappings))]) }
}

// MARK: - Decisions and discards

extension DecisionReport: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        decisions = try json.list("decisions", of: DecisionEntry.self)
    }
    var json: JSONValue { .members([("decisions", .list(decisions))]) }
}

extension DecisionEntry: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        atMs = try json.long("atMs")
        mapping = try json.string("mapping")
        shard = try json.string("shard")
        kind = try json.string("kind")
        text = try json.string("text")
        requestID = json["requestID"]?.stringValue
        attempt = try json.integer("attempt")
        count = try json.integer("count")
        first = json["first"]?.stringValue
        last = json["last"]?.stringValue
    }

    var json: JSONValue {
        .members([
            ("atMs", .long(atMs)), ("mapping", .string(mapping)), ("shard", .string(shard)),
            ("kind", .string(kind)),
            ("text", .string(text)), ("requestID", requestID.map { .string($0) }),
            ("attempt", .long(Int64(attempt))), ("count", .long(Int64(count))),
            ("first", first.map { .string($0) }),
            ("last", last.map { .string($0) }),
        ])
    }
}

extension DiscardReport: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) { discards = try json.list("discards", of: DiscardEntry.self) }
    var json: JSONValue { .members([("discards", .list(discards))]) }
}

extension DiscardEntry: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        atMs = try json.long("atMs")
        mapping = try json.string("mapping")
        shard = try json.string("shard")
        reason = try json.string("reason")
        attempts = try json.integer("attempts")
        error = json["error"]?.stringValue
        destination = json["destination"]?.stringValue
        records = try json.list("records", of: DiscardedRecord.self)
    }

    var json: JSONValue {
        .members([
            ("atMs", .long(atMs)), ("mapping", .string(mapping)), ("shard", .string(shard)),
            ("reason", .string(reason)), ("attempts", .long(Int64(attempts))),
            ("error", error.map { .string($0) }),
            ("destination", destination.map { .string($0) }), ("records", .list(records)),
        ])
    }
}

extension DiscardedRecord: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        id = try json.string("id")
        key = try json.string("key")
        content = try json.string("content")
    }

    var json: JSONValue {
        .members([("id", .string(id)), ("key", .string(key)), ("content", .string(content))])
    }
}
