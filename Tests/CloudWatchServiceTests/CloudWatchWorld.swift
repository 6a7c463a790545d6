import ByteCoding
import CloudWatchService
import EventModel
import EventStore
import HTTP
import Metering
import WireTesting

/// CloudWatch alone, with a recorder that the tests play the engine for. Its clock shows 09:46:40 at first.
struct CloudWatchWorld {
    static let target = "GraniteServiceVersion20100801"

    let wire: WireWorld
    let recorder = MetricRecorder()
    let keeper: MetricKeeper

    init() throws {
        var keeper: MetricKeeper?
        let recorder = recorder
        wire = try WireWorld { router, parts in
            CloudWatchService(
                store: parts.store, reader: parts.reader, recorder: recorder, loop: parts.loop, now: parts.now
            ).register(on: &router)
            keeper = try? MetricKeeper(
                store: parts.store, reader: parts.reader, recorder: recorder, loop: parts.loop,
                now: parts.now, report: { _ in })
        }
        guard let keeper else { throw WireWorldError.unanswered("the keeper") }
        self.keeper = keeper
    }

    /// Where the minute of the clock's first moment begins.
    static let minute: Int64 = 1_719_999_960

    static func lambda(_ metric: String, _ function: String = "fn") -> MetricIdentity {
        MetricIdentity(
            location: Location(), namespace: "AWS/Lambda", name: metric,
            dimensions: [MetricDimension("FunctionName", function)])
    }

    @discardableResult
    func call(_ operation: String, _ body: String) throws -> JSONValue {
        let response = try wire.send(.json(Self.target, operation, body))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    func query(_ parameters: String) throws -> HTTPResponse {
        try wire.send(queryRequest(parameters))
    }

    func queryRequest(_ parameters: String) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]),
            body: Array("\(parameters)&Version=2010-08-01".utf8))
    }

    /// Lets the keeper store what the end of a minute brings, and waits for it.
    func endMinute() throws {
        let done = PendingFlag()
        wire.loop.execute { [keeper] in
            keeper.minuteEnded()
            done.set()
        }
        done.wait()
        // The keeper's commits are in the writer's line before this one.
        while recorder.nextBatch != nil { try wire.store.perform { _ throws(StoreError) in } }
    }
}
