import Digest
import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI

// MARK: - Reports to destinations

extension ShardPoller {
    /// A report in the form that its destination gets.
    ///
    /// - Parameter event: As it was sent, or would have been; only buckets get it.
    func report(
        _ record: InvocationRecord, _ occasion: DestinationReport.Occasion, to destination: ARN,
        first: Position, last: Position, count: Int, event: () -> [UInt8]
    ) -> DestinationReport {
        let body =
            DestinationKind(rawValue: destination.service) == .bucket
            ? record.bytes(payload: event()) : record.bytes
        return DestinationReport(
            occasion: occasion, destination: destination, body: body,
            bodyMD5: runner.hasher.hash(body).value,
            objectKey: record.objectKey(mapping: runner.mapping.id, random: RandomBytes.uuid()),
            requestID: record.requestID, first: first, last: last, recordCount: count)
    }

    var recordSource: InvocationRecord.Source { isTableStream ? .table : .kinesis }

    func eventBytes(of span: RecordSpan, in lane: Int, tail: [UInt8]) -> [UInt8] {
        var bytes = Array(Self.eventHead)
        for slice in records.slices(from: span.first, through: span.last, lane: place(of: lane)) {
            bytes.append(contentsOf: slice)
        }
        bytes.append(contentsOf: tail)
        return bytes
    }
}

// MARK: - Successes

extension ShardPoller {
    private var onSuccess: ARN? { runner.mapping.settings.stream?.onSuccessDestination }

    /// What stood behind the records of an event, kept for a report on its success before the answer changes it.
    func sentTail() -> [UInt8]? {
        guard let onSuccess, DestinationKind(rawValue: onSuccess.service) == .bucket else { return nil }
        return eventTail(window: machine.openWindow)
    }

    /// Notes the records with which the function succeeded: the batch, or what comes before the first that failed.
    ///
    /// The report waits for the commit that keeps them from being delivered again.
    func noteSuccess(
        _ plan: InvocationPlan, in lane: Int, _ outcome: InvocationOutcome, _ result: InvocationResult,
        tail: [UInt8]?
    ) {
        guard let onSuccess, case .success(let answer) = result.outcome else { return }
        let span = plan.records
        var entries = records.entries(from: span.first, through: span.last, lane: place(of: lane))[...]
        switch outcome {
        case .succeeded: break
        case .partiallyFailed(let indices): entries = entries.prefix(indices.first ?? 0)
        case .failed, .notReached: return
        }
        guard let first = entries.first, let last = entries.last else { return }
        let window = windowing.map { TumblingWindow(of: first.arrival, length: $0.length) }
        let success = SucceededBatch(
            count: entries.count, approximateInvokeCount: plan.attempt, answer: answer)
        let about = ReportedRecords(
            startSequenceNumber: numbers.text(first.position, arrival: first.arrival),
            endSequenceNumber: numbers.text(last.position, arrival: last.arrival),
            firstArrival: first.arrival, lastArrival: last.arrival)
        let record = record(success, about, requestID(plan.request, of: lane), window.map { .init($0) })
        successes.append(
            report(
                record, .success, to: onSuccess, first: first.position, last: last.position,
                count: entries.count
            ) {
                eventBytes(of: span, in: lane, tail: tail ?? [])
            })
    }

    /// Notes that a window's end was told; it goes into the commit that forgets the window.
    func noteSuccess(_ plan: WindowPlan, requestID: String, _ result: InvocationResult, tail: [UInt8]) {
        guard let onSuccess, case .success(let answer) = result.outcome else { return }
        let success = SucceededBatch(count: 0, approximateInvokeCount: plan.attempt, answer: answer)
        let window = InvocationRecord.Window(plan.window, isFinal: true, isTerminatedEarly: plan.isEarly)
        let record = record(success, nil, requestID, window)
        let told = report(record, .success, to: onSuccess, first: 0, last: 0, count: 0) {
            Array(Self.eventHead + tail)
        }
        settlement.add([told])
    }

    private func record(
        _ success: SucceededBatch, _ records: ReportedRecords?, _ requestID: String,
        _ window: InvocationRecord.Window?
    ) -> InvocationRecord {
        InvocationRecord(
            of: success, records: records, requestID: requestID,
            functionARN: runner.mapping.functionARN.description, timestamp: context.now(),
            source: recordSource, shardID: shard.id, streamARN: runner.mapping.source.description,
            window: window)
    }

    /// The checkpoint passes these successes: their reports go with it.
    func releaseSuccesses(through position: Position) {
        guard !successes.isEmpty else { return }
        settlement.add(successes.filter { $0.last <= position })
        successes.removeAll { $0.last <= position }
    }

    /// These positions above the checkpoint are kept as done with: reports on them go with that.
    func releaseSuccesses(among positions: [Position]) {
        guard !successes.isEmpty, !positions.isEmpty else { return }
        let kept = Set(positions)
        settlement.add(successes.filter { kept.contains($0.last) })
        successes.removeAll { kept.contains($0.last) }
    }
}
