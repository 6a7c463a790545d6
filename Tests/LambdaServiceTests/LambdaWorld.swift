import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP
import LambdaService
import Testing
import WireTesting

/// Lambda's control plane over a store with a queue, a stream, a table stream and functions; the engine's part is
/// played by `settle`.
struct LambdaWorld {
    static let queue = "arn:aws:sqs:us-east-1:000000000000:orders"
    static let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
    static let mappings = "/2015-03-31/event-source-mappings"

    let wire: WireWorld
    let tableStream: String
    private let golden = Golden(beside: #filePath)

    init() throws {
        wire = try WireWorld { router, parts in
            LambdaService(
                store: parts.store, loop: parts.loop, now: parts.now, identifiers: parts.identifiers
            ).register(on: &router)
        }
        tableStream = try wire.store.perform { writer throws(StoreError) in
            try Self.declare(writer)
        }
    }

    /// Two queues, a stream, a table with a stream, and two functions; returns the table stream's ARN.
    private static func declare(_ writer: StoreWriter) throws(StoreError) -> String {
        let location = Location()
        for name in ["orders", "failures", "orders.fifo"] {
            _ = try writer.createQueue(
                name: name, location: location, attributes: QueueAttributes(), tags: [:])
        }
        _ = try writer.createStream(
            name: "clicks", location: location, isOnDemand: false, shardCount: 1, retentionHours: 24)
        let table = try writer.createTable(
            TableDefinition(
                key: TableKey(rawValue: 0), id: "00000000-0000-4000-8000-000000000001", name: "music",
                location: location, hashKey: TableDefinition.KeyAttribute(name: "id", type: "S"),
                rangeKey: nil, isOnDemand: true, readCapacityUnits: 0, writeCapacityUnits: 0,
                isDeletionProtected: false, tags: [:], createdAt: writer.now, latestStream: nil),
            view: .newAndOldImages)
        for (name, timeout) in [("fn", 3), ("slow", 60)] {
            try writer.putFunction(
                FunctionDefinition(
                    name: name, location: location,
                    handler: .runtime(identifier: "python3.12", handler: "app.handler", codePath: "/srv/app"),
                    timeoutSeconds: timeout, environment: ["STAGE": "test"], modifiedAt: writer.now))
        }
        return table.latestStream.flatMap { writer.catalog.stream($0) }?.arn.description ?? ""
    }

    @discardableResult
    func call(_ method: String, _ path: String, _ body: String = "") throws -> JSONValue {
        let response = try wire.send(
            HTTPRequest(method: method, target: path, body: Array(body.utf8)))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    /// Calls and compares the exchange with its golden file.
    func expect(
        _ action: String, _ name: String, _ method: String, _ path: String, _ body: String = "",
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let request = HTTPRequest(method: method, target: path, body: Array(body.utf8))
        var response = try wire.send(request)
        // Signatures rest on a key that each data directory makes for itself.
        let text = String(decoding: response.bodyBytes, as: UTF8.self)
        response.body = .bytes(Array(text.replacing(/signature=[0-9a-f]{64}/, with: "signature=…").utf8))
        if let difference = try golden.difference(action, name, request, response) {
            Issue.record("\(difference)", sourceLocation: location)
        }
    }

    /// Creates a mapping and returns its UUID.
    func create(_ body: String) throws -> String {
        let answer = try call("POST", Self.mappings, body)
        return try #require(answer["UUID"]?.stringValue, "\(answer.text)")
    }

    func createForQueue(_ more: String = "") throws -> String {
        try create(#"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)"\#(more)}"#)
    }

    func createForStream(_ more: String = "") throws -> String {
        try create(
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "TRIM_HORIZON"\#(more)}"#
        )
    }

    func state(_ id: String) throws -> String? {
        try call("GET", "\(Self.mappings)/\(id)")["State"]?.stringValue
    }

    /// What the engine does once pollers run or have stopped.
    func settle() throws {
        _ = try wire.store.perform { writer throws(StoreError) in
            for var mapping in writer.catalog.mappings where !mapping.state.isSettled {
                if mapping.state == .deleting {
                    try writer.deleteMapping(mapping.id)
                } else {
                    mapping.state = mapping.isEnabled ? .enabled : .disabled
                    try writer.updateMapping(mapping)
                }
            }
            return true
        }
    }
}
