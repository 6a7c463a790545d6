import EventModel
import EventStore
import Synchronization
import Testing

@Suite("The end of an invocation with messages")
struct QueueSettlementTests {
    private static func report(_ queue: String, body: String, short: String? = nil) -> DestinationReport {
        DestinationReport(
            occasion: .success, destination: Location().arn("sqs", queue), body: Array(body.utf8), bodyMD5: 1,
            objectKey: "k", requestID: "r", first: 1, last: 1, recordCount: 2,
            short: short.map { .init(body: Array($0.utf8), bodyMD5: 2) })
    }

    private static func settle(
        _ test: TestStore, _ queue: QueueKey, done: [MessageLease] = [], _ reports: [DestinationReport]
    ) throws -> Result<QueueSettlementResult, StoreError>? {
        let answer = Mutex<Result<QueueSettlementResult, StoreError>?>(nil)
        let settlement = QueueSettlement(mappingID: "m1", queue: queue, done: done, reports: reports)
        test.store.settle(settlement) { result in answer.withLock { $0 = result } }
        try test.settle()
        return answer.withLock { $0 }
    }

    @Test("What is done goes with the report on it, and nothing of it goes when the queue is gone")
    func together() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let reports = try test.makeQueue("reports")
        try test.send(["a", "b"], to: queue)
        let leases = try test.receive(queue, 2).map(\.message.lease)
        #expect(
            try Self.settle(test, queue, done: [leases[0]], [Self.report("reports", body: "told")])
                == .success(QueueSettlementResult()))
        #expect(try test.receive(reports).map(\.body) == ["told"])
        test.clock.advance(.seconds(31))
        #expect(try test.receive(queue, 2).map(\.body) == ["b"])
        try test.store.perform { writer throws(StoreError) in try writer.deleteQueue(queue) }
        guard case .failure(.notFound) = try Self.settle(test, queue, [Self.report("reports", body: "x")])
        else {
            Issue.record("a queue that is gone has nothing to settle")
            return
        }
        // Only what was told before, which is visible again.
        #expect(try test.receive(reports).map(\.body) == ["told"])
    }

    @Test("A queue that takes no large messages gets the short report, and none when that is too large too")
    func short() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let small = try test.makeQueue("small") { $0.maximumMessageBytes = 1_024 }
        let large = String(repeating: "x", count: 1_025)
        #expect(
            try Self.settle(test, queue, [Self.report("small", body: large, short: "brief")])
                == .success(QueueSettlementResult()))
        #expect(try test.receive(small).map(\.body) == ["brief"])
        let lost = try Self.settle(test, queue, [Self.report("small", body: large, short: large)])
        #expect(
            lost
                == .success(
                    QueueSettlementResult(lost: [
                        LostReport(
                            occasion: .success, recordCount: 2,
                            reason: "the queue small takes 1024 bytes at most")
                    ])))
    }
}
