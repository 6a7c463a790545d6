package import EventModel
import SQLite

/// What one invocation with messages of a queue makes durable together.
package struct QueueSettlement: Sendable {
    package var mappingID: String
    package var queue: QueueKey
    /// Messages that the function succeeded with: they go.
    package var done: [MessageLease]
    /// Messages that the function was given and failed with: they stay, and it is noted that they were executed.
    package var executed: [Position]
    /// For on-success and on-failure destinations.
    package var reports: [DestinationReport]
    package var decisions: [Decision]

    package init(
        mappingID: String, queue: QueueKey, done: [MessageLease] = [], executed: [Position] = [],
        reports: [DestinationReport] = [], decisions: [Decision] = []
    ) {
        self.mappingID = mappingID
        self.queue = queue
        self.done = done
        self.executed = executed
        self.reports = reports
        self.decisions = decisions
    }
}

/// What a settlement did besides deleting.
package struct QueueSettlementResult: Equatable, Sendable {
    /// Reports that could not be delivered, which is final.
    package var lost: [LostReport] = []
    /// Done, but by receipts that had expired (FIFO queues only): these messages are delivered again.
    package var refused: [MessageLease] = []

    package init(lost: [LostReport] = [], refused: [MessageLease] = []) {
        self.lost = lost
        self.refused = refused
    }
}

extension EventStore {
    /// Makes the end of an invocation durable; what is done is not received again from this call on, unless the commit fails.
    ///
    /// - Parameter completion: Like that of `submit`, with the reports that are lost; `.notFound` when the queue is gone.
    package func settle(
        _ settlement: QueueSettlement,
        completion: @escaping @Sendable (Result<QueueSettlementResult, StoreError>) -> Void
    ) {
        let deletion = leases.beginDelete(settlement.done, in: settlement.queue, now: now())
        submit { writer throws(StoreError) in
            try writer.settle(settlement, deletion)
        } completion: { [leases, now] result in
            if case .failure = result {
                leases.cancelDelete(deletion.accepted, in: settlement.queue, now: now())
            }
            completion(result)
        }
    }
}

extension StoreWriter {
    /// Deletes, notes executions, reports and records decisions, all or nothing.
    ///
    /// A report of a success is left out when all of its messages were refused: they are all delivered again.
    func settle(
        _ settlement: QueueSettlement, _ deletion: GroupLedger.Deletion
    ) throws(StoreError) -> QueueSettlementResult {
        _ = try existing(settlement.queue)
        let routes = try routes(of: settlement.reports)
        var result = QueueSettlementResult()
        // A message of a FIFO queue whose receipt expired stays: it comes again.
        result.refused = deletion.refused + (try delete(deletion, from: settlement.queue))
        let nothingIsDone = !settlement.done.isEmpty && result.refused.count == settlement.done.count
        try noteExecutions(settlement.executed, of: settlement.queue)
        var decisions = settlement.decisions
        for (report, route) in zip(settlement.reports, routes) {
            if report.occasion == .success, nothingIsDone { continue }
            guard let reason = try deliver(report, by: route) else { continue }
            result.lost.append(
                LostReport(occasion: report.occasion, recordCount: report.recordCount, reason: reason))
            decisions.append(decision(on: report, lost: reason, of: settlement.mappingID, in: nil))
        }
        try record(decisions)
        return result
    }

    /// Only messages that failed have the note; those that go at once never need it.
    private func noteExecutions(_ positions: [Position], of queue: QueueKey) throws(StoreError) {
        for position in positions {
            try run("UPDATE message SET executions = coalesce(executions, 0) + 1 WHERE id = ?1") {
                $0.bind(1, RowKey.make(queue.rawValue, position))
            }
        }
    }
}
