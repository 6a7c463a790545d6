import EventModel
import EventStore
import MappingCore
import Telemetry

// MARK: - Decision log

extension QueuePoller {
    func explain(_ decision: QueueDecision) {
        switch decision {
        case .batchClosed: runner.batchClosed()
        case .batchFailed(let count, let why, let request):
            keep(
                "failed", count, request, "\(count) message(s) failed (\(text(why))) and return by visibility"
            )
        case .partiallyFailed(let deleted, let left, let request):
            keep(
                "partial", left, request,
                "\(deleted) message(s) deleted, \(left) left to return by visibility")
        case .waiting(let count, let why, let request, let delay):
            runner.retried()
            keep("waiting", count, request, "\(text(why)); again in \(DecisionText.length(delay))")
        case .leaseExpired(let count, _):
            keep(
                "expired", count, nil,
                "the receipts of \(count) message(s) ended before the function took them")
        case .waitingForGroup(let count, let request):
            keep(
                "waiting", count, request,
                "an invocation that outlived its receipts is still at work on a message group")
        case .leftBehindGroup(let count):
            keep("left", count, nil, "\(count) message(s) left behind others of their message group")
        case .deleteRefused(let count):
            keep(
                "expired", count, nil,
                "\(count) message(s) succeeded after their receipts had ended: they are delivered again")
        case .concurrencyReduced(let limit):
            keep("slowed", 0, nil, "at most \(limit) batch(es) in flight after an error")
        case .permitDenied: keep("throttled", 0, nil, "no concurrency is free for the function")
        case .leftAtStop(let count):
            keep("left", count, nil, "\(count) buffered message(s) given back because the mapping stops")
        }
    }

    /// Tells of messages that no filter matched now and then, with one as an example.
    func explainFiltered(_ count: Int, example: String) {
        filteredUntold.count += count
        let now = context.now()
        if let told = filteredUntold.told, now - told < EngineLimits.filterSampleInterval { return }
        let total = filteredUntold.count
        filteredUntold = (0, now)
        keep("filtered", total, nil, "\(total) message(s) matched no filter, for example \(example)")
    }

    private func keep(_ kind: String, _ count: Int, _ request: RequestOrdinal?, _ detail: String) {
        let id =
            request.flatMap { ordinal in slots.first { $0.request.ordinal == ordinal }?.request.id } ?? ""
        decisions.append(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), kind: kind, recordCount: count,
                requestID: id,
                detail: detail))
    }

    func recordDecisions() {
        guard !decisions.isEmpty else { return }
        let batch = decisions
        decisions = []
        let logger = context.logger
        let id = runner.mapping.id
        context.store.submit { writer throws(StoreError) in
            try writer.record(batch)
        } completion: { result in
            if case .failure(let error) = result {
                logger.log(.error, "decisions lost", ["mapping": .string(id), "error": .string("\(error)")])
            }
        }
    }

    private func text(_ why: InvocationFailure) -> String {
        switch why {
        case .functionError: lastError ?? "function error"
        case .badResponse(let reason): "bad answer: \(reason.rawValue)"
        case .noProgress: "nothing was gained"
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
