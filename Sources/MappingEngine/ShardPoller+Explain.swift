import EventModel
import EventStore
import MappingCore

// MARK: - Decision log

extension ShardPoller {
    /// Counts a decision and, unless it is everyday work, keeps it for whoever asks why.
    func explain(_ decision: ShardDecision) {
        switch decision {
        case .batchClosed: runner.batchClosed()
        case .retryScheduled(let span, let request, let failed, let why, let delay):
            runner.retried()
            let text =
                "attempt \(failed) failed (\(text(why))); the same batch again in \(DecisionText.length(delay))"
            keep("retry", span, request, text)
        case .bisected(let left, let right, let request, let why):
            runner.bisected()
            let span = RecordSpan(first: left.first, last: right.last, count: left.count + right.count)
            let halves = "\(place(left)) first, then \(place(right))"
            keep("bisected", span, request, "\(place(span)) failed (\(text(why))): \(halves)")
        case .partialProgress(let settled, let rest, let request):
            keep("partial", rest, request, "\(place(settled)) succeeded; \(place(rest)) is a new batch")
        case .waiting(let span, let request, let why, let delay):
            keep(
                "waiting", span, request,
                "\(text(why)); again in \(DecisionText.length(delay)), no retry spent")
        case .ageExceeded(let span, let request, let oldest):
            keep("expired", span, request, "\(place(span)) is too old: \(DecisionText.length(oldest))")
        case .oversized(let span, let request, let bytes):
            keep("oversized", span, request, "the event of one record has \(bytes) bytes, more than 6 MB")
        case .discarded(let batch, let why):
            let after = why.map { ", last failure: \(text($0))" } ?? ""
            let invocations = "\(batch.approximateInvokeCount) invocation(s)"
            keep(
                "discarded", batch.records, batch.request,
                "\(place(batch.records)) given up after \(invocations): \(batch.condition.rawValue)\(after)")
        }
    }

    private func keep(_ kind: String, _ span: RecordSpan, _ request: RequestOrdinal, _ detail: String) {
        settlement.add(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), shard: shard.key, kind: kind,
                first: span.first,
                last: span.last, recordCount: span.count, requestID: requestID(request), detail: detail))
    }

    /// `record 7` or `records 7–9`, by their places in the shard.
    private func place(_ span: RecordSpan) -> String {
        span.count == 1 ? "record \(span.first)" : "records \(span.first)–\(span.last)"
    }

    private func text(_ why: InvocationFailure) -> String {
        switch why {
        case .functionError: lastError ?? "function error"
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
