import AWSWire
import ByteCoding
import Dispatch
import EventModel
import EventStore
import HTTP
import Synchronization
import Testing
import WireTesting

@testable import DynamoDBService

/// DynamoDB and its streams over a fresh store.
struct DynamoDBWorld {
    let wire: WireWorld
    private let golden = Golden(beside: #filePath)
    private let service: DynamoDBService
    private let expiryFailures: ExpiryFailures

    /// What the search for expired items could not read or write.
    final class ExpiryFailures: Sendable {
        private let found = Mutex<[String]>([])
        func note(_ line: String) { found.withLock { $0.append(line) } }
        var all: [String] { found.withLock { $0 } }
    }

    init() throws {
        var made: DynamoDBService?
        let failures = ExpiryFailures()
        expiryFailures = failures
        wire = try WireWorld { router, parts in
            let service = DynamoDBService(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now,
                identifiers: parts.identifiers
            ) { failures.note("\($0): \($1)") }
            service.register(on: &router)
            made = service
        }
        service = try #require(made)
    }

    var expiryFailureLines: [String] { expiryFailures.all }

    /// Lets the search for expired items go one step, and waits until what it found is deleted.
    func sweep() {
        let isDone = DispatchSemaphore(value: 0)
        wire.loop.execute { [expiry = service.expiry] in expiry.step { isDone.signal() } }
        isDone.wait()
    }

    private static let streamOperations: Set<String> = [
        "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords",
    ]

    private func request(_ operation: String, _ body: String) -> HTTPRequest {
        let target =
            Self.streamOperations.contains(operation) ? "DynamoDBStreams_20120810" : "DynamoDB_20120810"
        return .json(target, operation, body)
    }

    /// Calls and reads the answer; the status is not looked at.
    @discardableResult
    func call(_ operation: String, _ body: String) throws -> JSONValue {
        let response = try wire.send(request(operation, body))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    /// Calls and compares the exchange with its golden file.
    func expect(
        _ operation: String, _ name: String, _ body: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let request = request(operation, body)
        let response = try wire.send(request)
        if let difference = try golden.difference(operation, name, request, response) {
            Issue.record("\(difference)", sourceLocation: location)
        }
    }

    /// Makes the table `music` with hash key `artist`, range key `year`, and a stream.
    func createMusic(view: StreamView? = .newAndOldImages) throws {
        let stream =
            view.map {
                #", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "\#($0.rawValue)"}"#
            } ?? ""
        try call(
            "CreateTable",
            """
            {"TableName": "music", "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"},
                                      {"AttributeName": "year", "AttributeType": "N"}],
             "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"},
                           {"AttributeName": "year", "KeyType": "RANGE"}]\(stream)}
            """)
    }

    func streamARN() throws -> String {
        let table = try call("DescribeTable", #"{"TableName": "music"}"#)
        return try #require(table["Table"]?["LatestStreamArn"]?.stringValue)
    }

    /// A body with the iterator of the stream's first shard.
    func iterator(_ type: String = "TRIM_HORIZON", of stream: String) throws -> String {
        let description = try call("DescribeStream", #"{"StreamArn": "\#(stream)"}"#)
        let shard = try #require(
            description["StreamDescription"]?["Shards"]?.arrayValue?.first?["ShardId"]?.stringValue)
        let answer = try call(
            "GetShardIterator",
            #"{"StreamArn": "\#(stream)", "ShardId": "\#(shard)", "ShardIteratorType": "\#(type)"}"#)
        return try #require(answer["ShardIterator"]?.stringValue)
    }

    /// All records of the table's stream from its start.
    func records() throws -> [JSONValue] {
        let answer = try call(
            "GetRecords", #"{"ShardIterator": "\#(try iterator(of: streamARN()))"}"#)
        return try #require(answer["Records"]?.arrayValue)
    }
}
