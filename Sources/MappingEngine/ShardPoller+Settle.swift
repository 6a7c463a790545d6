import Digest
import EventModel
import EventStore
import HTTP
import MappingCore
import Telemetry

// MARK: - Settling

extension ShardPoller {
    /// Commits what is settled, unless a commit is under way; that one's end comes back here.
    func flush() {
        guard let (work, count) = settlement.take(mapping: runner.mapping.id, shard: shard.key) else {
            return
        }
        let loop = context.loop
        context.store.submit { writer throws(StoreError) in
            try writer.settle(work)
        } completion: { [self] result in
            loop.execute { self.committed(work, records: count, result) }
        }
    }

    private func committed(
        _ work: Settlement, records count: Int, _ result: Result<SettlementResult, StoreError>
    ) {
        switch result {
        case .success(let outcome):
            settlement.succeeded(work)
            runner.settled(records: count, discarded: work.discards.reduce(0) { $0 + $1.recordCount })
            countFates(of: work, outcome)
        case .failure(let error):
            settlement.failed(work, records: count)
            lastError = "settling: \(error)"
            runner.lastError = lastError
            context.logger.log(
                .error, "settlement failed",
                [
                    "mapping": .string(runner.mapping.id), "shard": .string(shard.id),
                    "error": .string("\(error)"),
                ])
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in self?.flush() }
            return
        }
        flush()
        endIfSettled()
    }

    /// Of the discards that were committed: what was delivered, what could not be, what nobody was to be told of.
    private func countFates(of work: Settlement, _ outcome: SettlementResult) {
        for lost in outcome.lost { runner.destinationFailed(lost) }
        let reported = work.reports.reduce(0) { $0 + ($1.occasion == .failure ? $1.recordCount : 0) }
        let lost = outcome.lost.reduce(0) { $0 + ($1.occasion == .failure ? $1.recordCount : 0) }
        runner.delivered(reported - lost)
        let untold = work.discards.filter { $0.destination == nil && !isExpiryOfSource($0) }
        runner.dropped(untold.reduce(0) { $0 + $1.recordCount })
    }

    /// What the source would not have kept any longer was not dropped by the mapping (invocation.md §7).
    private func isExpiryOfSource(_ discard: Discard) -> Bool {
        guard discard.condition == DiscardedBatch.Condition.recordAgeExceeded.rawValue else { return false }
        guard let limit = runner.mapping.settings.stream?.maximumRecordAgeSeconds else { return true }
        return limit >= stream.retentionHours * 3_600
    }

    /// Notes a new checkpoint, to be committed with what else is pending.
    func settle(through position: Position) {
        let count = records.count(through: position, after: settlement.noted)
        settlement.settle(through: position, records: count)
        releaseSuccesses(through: position)
        // Behind the batch's last record there may be some that were filtered out.
        guard count > 0, let arrival = records.last(through: position)?.arrival else { return }
        lag?.batchCompleted(lastArrival: arrival, now: context.now())
    }

    /// Gives a lane's records up: discard row, invocation record and checkpoint go into one commit.
    func discard(_ batch: DiscardedBatch, of lane: Int) {
        let span = batch.records
        let entries = records.entries(from: span.first, through: span.last, lane: place(of: lane))
        guard let first = entries.first, let last = entries.last else {
            preconditionFailure("the machine discards records that it has not released")
        }
        let mapping = runner.mapping
        let id = requestID(batch.request, of: lane)
        let now = context.now()
        let destination = mapping.settings.stream?.onFailureDestination
        let window = windowing.map { TumblingWindow(of: first.arrival, length: $0.length) }
        let payload = eventBytes(of: span, in: lane, tail: eventTail(window: window))
        let isUnhandled = batch.responseContext == .unhandled
        let row = Discard(
            mappingID: mapping.id, shard: shard.key, shardID: shard.id, streamARN: mapping.source,
            first: span.first, last: span.last, recordCount: span.count, condition: batch.condition.rawValue,
            requestID: id, attempts: batch.approximateInvokeCount,
            functionError: isUnhandled ? "Unhandled" : nil,
            discardedAt: now, destination: destination, errorPayload: lanes[lane].lastAnswer.payload,
            logTail: lanes[lane].lastAnswer.logTail, payload: payload)
        let record = InvocationRecord(
            of: batch, requestID: id, functionARN: mapping.functionARN.description, timestamp: now,
            source: recordSource, shardID: shard.id,
            startSequenceNumber: numbers.text(first.position, arrival: first.arrival),
            endSequenceNumber: numbers.text(last.position, arrival: last.arrival),
            firstArrival: first.arrival, lastArrival: last.arrival, streamARN: mapping.source.description,
            window: window.map { .init($0) })
        settlement.add(
            row,
            report: destination.map {
                report(record, .failure, to: $0, first: span.first, last: span.last, count: span.count) {
                    payload
                }
            })
    }

    var isTableStream: Bool {
        switch stream.kind {
        case .kinesis: false
        case .table: true
        }
    }
}
