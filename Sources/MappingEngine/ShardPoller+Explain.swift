import EventModel
import EventStore
import MappingCore

// MARK: - Decision log

extension ShardPoller {
    /// Counts a decision and, unless it is everyday work, keeps it for whoever asks why.
    func explain(_ decision: ShardDecision, of lane: Int) {
        switch decision {
        case .batchClosed: runner.batchClosed()
        case .retryScheduled(let span, let request, let failed, let why, let delay):
            runner.retried()
            let text =
                "attempt \(failed) failed (\(text(why, lane))); the same batch again in \(DecisionText.length(delay))"
            keep("retry", span, request, lane, text)
        case .bisected(let left, let right, let request, let why):
            runner.bisected()
            let span = RecordSpan(first: left.first, last: right.last, count: left.count + right.count)
            let halves = "\(place(left)) first, then \(place(right))"
            keep("bisected", span, request, lane, "\(place(span)) failed (\(text(why, lane))): \(halves)")
        case .partialProgress(let settled, let rest, let request):
            keep("partial", rest, request, lane, "\(place(settled)) succeeded; \(place(rest)) is a new batch")
        case .waiting(let span, let request, let why, let delay):
            keep(
                "waiting", span, request, lane,
                "\(text(why)); again in \(DecisionText.length(delay)), no retry spent")
        case .ageExceeded(let span, let request, let oldest):
            keep("expired", span, request, lane, "\(place(span)) is too old: \(DecisionText.length(oldest))")
        case .oversized(let span, let request, let bytes):
            keep(
                "oversized", span, request, lane, "the event of one record has \(bytes) bytes, more than 6 MB"
            )
        case .discarded(let batch, let why):
            let after = why.map { ", last failure: \(text($0, lane))" } ?? ""
            let invocations = "\(batch.approximateInvokeCount) invocation(s)"
            keep(
                "discarded", batch.records, batch.request, lane,
                "\(place(batch.records)) given up after \(invocations): \(batch.condition.rawValue)\(after)")
        }
    }

    /// Tells of records that no filter matched now and then, with one as an example.
    func explainFiltered(_ sample: FilteredSample) {
        filteredUntold.count += sample.count
        let now = context.now()
        if let told = filteredUntold.told, now - told < EngineLimits.filterSampleInterval { return }
        let count = filteredUntold.count
        filteredUntold = (0, now)
        settlement.add(
            Decision(
                mappingID: runner.mapping.id, at: now, shard: shard.key, kind: "filtered",
                first: sample.first, last: sample.last, recordCount: count,
                detail:
                    "\(count) record(s) matched no filter, for example record \(sample.first): \(sample.text)"
            ))
    }

    /// Tells why nothing more is read: too much lies above a record that its lane does not get past.
    func explainHeldBack(_ lane: Int, first: Position, records: Int) {
        let request = lanes[lane].request.ordinal
        keep(
            "held back", RecordSpan(first: first, last: first, count: 1), request, lane,
            "lane \(lane + 1) of \(machine.laneCount) does not get past record \(first); with \(records) records "
                + "read from there on, reading waits for it")
    }

    /// Tells that the shard is through, and who goes on.
    func explainEnd() {
        let family = context.store.catalog.snapshot.stream(stream.key)?.shards ?? []
        let children = family.filter { $0.parent == shard.key || $0.adjacentParent == shard.key }.map(\.id)
        let next =
            children.isEmpty ? "it has no children" : "its children: \(children.joined(separator: ", "))"
        settlement.add(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), shard: shard.key, kind: "shard ended",
                detail: "the closed shard was read to its end; \(next)"))
    }

    private func keep(
        _ kind: String, _ span: RecordSpan, _ request: RequestOrdinal, _ lane: Int, _ detail: String
    ) {
        settlement.add(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), shard: shard.key, kind: kind,
                first: span.first,
                last: span.last, recordCount: span.count, requestID: requestID(request, of: lane),
                detail: detail))
    }

    /// `record 7` or `records 7–9`, by their places in the shard.
    private func place(_ span: RecordSpan) -> String {
        span.count == 1 ? "record \(span.first)" : "records \(span.first)–\(span.last)"
    }

    private func text(_ why: InvocationFailure, _ lane: Int) -> String {
        switch why {
        case .functionError: lanes[lane].lastError ?? "function error"
        case .badResponse(let reason): "bad answer: \(reason.rawValue)"
        case .noProgress: "the first record was reported as failed"
        case .oversized: "larger than an event may be"
        }
    }

    private func text(_ why: Unreachable) -> String {
        switch why {
        case .throttled: "throttled"
        case .unavailable(let reason): reason
        }
    }
}

/// Small pieces of sentences in the decision log and in status lines.
enum DecisionText {
    /// `200 ms`, `3.2 s`, `2 min 5 s`.
    static func length(_ length: Duration) -> String {
        let milliseconds = max(0, length.wholeMilliseconds)
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        if milliseconds < 60_000 { return "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s" }
        return "\(milliseconds / 60_000) min \(milliseconds % 60_000 / 1_000) s"
    }
}
