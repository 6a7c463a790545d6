import ByteCoding

//   GET /_millrace/dead-letters?mapping=ID&limit=N        DeadLetterReport, newest first

/// How many batches of a queue mapping may be in flight, and what waits.
struct ScaleStatus: Equatable, Sendable {
    var limit: Int
    /// Why not more: `recovering`, `at its ceiling`, `ramping up`, `enough`.
    var reason: String
    /// Provisioned pollers at work; `nil` when there are none.
    var pollers: Int?
    var heldBatches: Int
    var groupsAtWork: Int
}

/// A message that went from a mapping's queue to its dead-letter queue.
struct DeadLetterEntry: Equatable, Sendable {
    var id: String
    var queue: String
    var sentAtMs: Int64
    var receives: Int
    /// How often the function was given it and failed: 0 flags it as never executed, `nil` when nobody knows.
    var executions: Int?
    /// Its beginning.
    var content: String
}

struct DeadLetterReport: Equatable, Sendable {
    var letters: [DeadLetterEntry]
}

extension ScaleStatus: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        limit = try json.integer("limit")
        reason = try json.string("reason")
        pollers = json["pollers"]?.intValue
        heldBatches = try json.integer("heldBatches")
        groupsAtWork = try json.integer("groupsAtWork")
    }

    var json: JSONValue {
        .members([
            ("limit", .long(Int64(limit))), ("reason", .string(reason)),
            ("pollers", pollers.map { .long(Int64($0)) }), ("heldBatches", .long(Int64(heldBatches))),
            ("groupsAtWork", .long(Int64(groupsAtWork))),
        ])
    }

    /// `at most 7 batch(es) in flight (ramping up), 2 pollers, 1 held, 3 message group(s) at work`.
    var text: String {
        var parts = ["at most \(limit) batch(es) in flight (\(reason))"]
        if let pollers { parts.append("\(pollers) pollers") }
        if heldBatches > 0 { parts.append("\(heldBatches) held") }
        if groupsAtWork > 0 { parts.append("\(groupsAtWork) message group(s) at work") }
        return parts.joined(separator: ", ")
    }
}

extension DeadLetterReport: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        letters = try json.list("letters", of: DeadLetterEntry.self)
    }
    var json: JSONValue { .members([("letters", .list(letters))]) }
}

extension DeadLetterEntry: StatusShape {
    init(_ json: JSONValue) throws(ShapeError) {
        id = try json.string("id")
        queue = try json.string("queue")
        sentAtMs = try json.long("sentAtMs")
        receives = try json.integer("receives")
        executions = json["executions"]?.intValue
        content = try json.string("content")
    }

    var json: JSONValue {
        .members([
            ("id", .string(id)), ("queue", .string(queue)), ("sentAtMs", .long(sentAtMs)),
            ("receives", .long(Int64(receives))), ("executions", executions.map { .long(Int64($0)) }),
            ("content", .string(content)),
        ])
    }
}
