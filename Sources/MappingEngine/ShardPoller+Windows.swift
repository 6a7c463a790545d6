import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI

/// What a poller remembers of tumbling windows (esm-streams.md §6).
struct WindowNotes {
    static let emptyState: [UInt8] = Array("{}".utf8)

    let length: Duration
    /// The state that the next event carries: a JSON object.
    var state = WindowNotes.emptyState
    /// Of the calls that end windows, which have requests of their own.
    var notes = LaneNotes()

    init(length: Duration) { self.length = length }
}

// MARK: - Events

extension ShardPoller {
    static let eventHead: ArraySlice<UInt8> = Array(#"{"Records":["#.utf8)[...]
    private static let plainTail: [UInt8] = Array("]}".utf8)

    /// What stands behind the records of an event.
    func eventTail(window: TumblingWindow?, isFinal: Bool = false, isEarly: Bool = false) -> [UInt8] {
        guard let windowing, let window else { return Self.plainTail }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(windowing.state.count + 512)
        EventBytes.append(#"],"window":{"start":"#, to: &bytes)
        EventBytes.appendString(window.start.iso8601Seconds, to: &bytes)
        EventBytes.append(#","end":"#, to: &bytes)
        EventBytes.appendString(window.end.iso8601Seconds, to: &bytes)
        EventBytes.append(#"},"state":"#, to: &bytes)
        bytes.append(contentsOf: windowing.state)
        EventBytes.append(#","shardId":"#, to: &bytes)
        EventBytes.appendString(shard.id, to: &bytes)
        EventBytes.append(#","eventSourceARN":"#, to: &bytes)
        EventBytes.appendString(runner.mapping.source.description, to: &bytes)
        EventBytes.append(#","isFinalInvokeForWindow":"#, to: &bytes)
        EventBytes.append(isFinal ? "true" : "false", to: &bytes)
        EventBytes.append(#","isWindowTerminatedEarly":"#, to: &bytes)
        EventBytes.append(isEarly ? "true}" : "false}", to: &bytes)
        return bytes
    }

    /// Takes over the state of an answer that gained something, before the machine hears of it.
    func windowAnswer(_ payload: [UInt8], index: (String) -> Int?) -> InvocationOutcome {
        let reports = runner.mapping.settings.reportsBatchItemFailures
        let answer = WindowAnswer(payload, reportsBatchItemFailures: reports, index: index)
        let outcome = InvocationOutcome(answer.response)
        switch outcome {
        case .partiallyFailed(let indices) where indices.first == 0: return outcome
        case .failed, .notReached: return outcome
        case .succeeded, .partiallyFailed: break
        }
        if let state = answer.state {
            windowing?.state = state
            if state.count > TumblingWindow.stateBytes { step(.stateOverflowed) }
        }
        return outcome
    }
}

// MARK: - The end of a window

extension ShardPoller {
    func keep(_ window: TumblingWindow?) {
        guard let window, let windowing else { return settlement.keep(.none) }
        settlement.keep(.open(OpenWindow(start: window.start, end: window.end, state: windowing.state)))
    }

    func invoke(_ plan: WindowPlan) {
        guard !settlement.isFailing else {
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in self?.invoke(plan) }
            return
        }
        let function = runner.mapping.functionKey
        guard let permit = context.host.acquirePermit(function: function, for: permits) else {
            awaitPermit()
            return step(.windowInvocationEnded(plan.invocation, .notReached(.throttled)))
        }
        let tail = eventTail(window: plan.window, isFinal: true, isEarly: plan.isEarly)
        let request = InvocationRequest(
            function: function, qualifier: runner.mapping.functionQualifier, permit: permit,
            requestID: windowRequestID(plan.request),
            event: [Self.eventHead, tail[...]],
            invokedFunctionARN: runner.mapping.functionARN.description)
        context.host.invoke(request) { [weak self] result in
            self?.windowInvocationEnded(plan, result, tail: tail)
        }
    }

    private func windowRequestID(_ ordinal: RequestOrdinal) -> String {
        guard var notes = windowing?.notes else { preconditionFailure("only mappings with windows end them") }
        if notes.request.ordinal != ordinal {
            notes.request = (ordinal, context.makeRequestID())
            windowing?.notes = notes
        }
        return notes.request.id
    }

    private func windowInvocationEnded(_ plan: WindowPlan, _ result: InvocationResult, tail: [UInt8]) {
        let outcome: InvocationOutcome
        switch result.outcome {
        case .success(let payload):
            // Its state is asked for like any other's, and then forgotten.
            let answer = WindowAnswer(payload, reportsBatchItemFailures: false) { _ in nil }
            outcome = InvocationOutcome(answer.response)
            lastError = outcome == .succeeded ? nil : "the answer to the end of a window has no state"
            windowing?.notes.lastAnswer = (payload, result.logTail)
        case .functionError(let payload, _):
            windowing?.notes.lastAnswer = (payload, result.logTail)
            lastError = FunctionErrorText.summary(of: payload)
            outcome = .failed(.functionError)
        case .throttled(let reason):
            lastError = reason.rawValue
            outcome = .notReached(.throttled)
        case .unavailable(let reason):
            lastError = "\(reason)"
            outcome = .notReached(.unavailable("\(reason)"))
        }
        switch outcome {
        case .succeeded, .partiallyFailed: runner.invocationEnded(failed: false)
        case .failed: runner.invocationEnded(failed: true)
        case .notReached: break
        }
        if plan.attempt > 1, outcome.reachedFunction { runner.retried() }
        if let lastError { runner.lastError = lastError }
        if plan.isEarly { explain(plan) }
        if outcome == .succeeded {
            noteSuccess(plan, requestID: windowRequestID(plan.request), result, tail: tail)
        }
        step(.windowInvocationEnded(plan.invocation, outcome))
    }

    private func explain(_ plan: WindowPlan) {
        settlement.add(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), shard: shard.key, kind: "window",
                requestID: windowRequestID(plan.request),
                detail: "the state of the window from \(plan.window.start.iso8601Seconds) grew over 1 MB: it "
                    + "was ended early"))
    }

    /// Gives the end of a window up: discard row, invocation record and the loss of the state go into one commit.
    func discard(_ given: DiscardedWindow) {
        let mapping = runner.mapping
        let id = windowRequestID(given.request)
        let now = context.now()
        let destination = mapping.settings.stream?.onFailureDestination
        let isUnhandled = given.responseContext == .unhandled
        let notes = windowing?.notes ?? LaneNotes()
        let payload = Self.eventHead + eventTail(window: given.window, isFinal: true, isEarly: given.isEarly)
        let row = Discard(
            mappingID: mapping.id, shard: shard.key, shardID: shard.id, streamARN: mapping.source, first: 0,
            last: 0, recordCount: 0, condition: given.condition.rawValue, requestID: id,
            attempts: given.approximateInvokeCount, functionError: isUnhandled ? "Unhandled" : nil,
            discardedAt: now, destination: destination, errorPayload: notes.lastAnswer.payload,
            logTail: notes.lastAnswer.logTail, payload: Array(payload))
        let record = InvocationRecord(
            of: given, requestID: id, functionARN: mapping.functionARN.description, timestamp: now,
            source: recordSource, shardID: shard.id,
            streamARN: mapping.source.description)
        settlement.add(
            row,
            report: destination.map {
                report(record, .failure, to: $0, first: 0, last: 0, count: 0) { Array(payload) }
            })
        settlement.add(
            Decision(
                mappingID: mapping.id, at: now, shard: shard.key, kind: "discarded", requestID: id,
                detail: "the end of the window from \(given.window.start.iso8601Seconds) given up after "
                    + "\(given.approximateInvokeCount) invocation(s): \(given.condition.rawValue)"))
    }
}
