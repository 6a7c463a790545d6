import ByteCoding
import EventModel
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// MARK: - Invoking

extension ShardPoller {
    func invoke(_ plan: InvocationPlan, in lane: Int) {
        // While commits fail, nothing new is handed out: what would settle could not be kept.
        guard !settlement.isFailing else {
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
                self?.invoke(plan, in: lane)
            }
            return
        }
        let function = runner.mapping.functionKey
        guard let permit = context.host.acquirePermit(function: function, for: permits) else {
            awaitPermit()
            return step(.invocationEnded(lane, plan.invocation, .notReached(.throttled)))
        }
        let span = plan.records
        let id = requestID(plan.request, of: lane)
        noteInvocation(plan)
        let slices = records.slices(from: span.first, through: span.last, lane: place(of: lane))
        let event = [Self.eventHead] + slices + [eventTail(window: machine.openWindow)[...]]
        let request = InvocationRequest(
            function: function, qualifier: runner.mapping.functionQualifier, permit: permit, requestID: id,
            event: event,
            invokedFunctionARN: runner.mapping.functionARN.description)
        context.host.invoke(request) { [weak self] result in
            self?.invocationEnded(plan, in: lane, result)
        }
    }

    /// Takes one place in the line for a permit; the machine's wait ends when it is this poller's turn.
    func awaitPermit() {
        guard permitWait == nil else { return }
        permitWait = context.host.onPermitFree(
            function: runner.mapping.functionKey, for: permits
        ) { [weak self] in
            guard let self else { return }
            self.permitWait = nil
            self.step(.functionMayBeReachable)
        }
    }

    func leavePermitLine() {
        if let permitWait { context.host.cancel(permitWait) }
        permitWait = nil
    }

    /// The ID of a request; made when the ordinal is new.
    func requestID(_ ordinal: RequestOrdinal, of lane: Int) -> String {
        if lanes[lane].request.ordinal != ordinal {
            lanes[lane].request = (ordinal, context.makeRequestID())
        }
        return lanes[lane].request.id
    }

    /// How a lane's records are asked for: with one lane without looking at each record's.
    func place(of lane: Int) -> Int? { machine.laneCount > 1 ? lane : nil }

    private func noteInvocation(_ plan: InvocationPlan) {
        guard let arrival = records.arrival(of: plan.records.last) else {
            preconditionFailure("the machine invokes with records that it has not released")
        }
        let now = context.now()
        lag?.batchInvoked(lastArrival: arrival, now: now)
        runner.sentAt(arrivalOfLast: arrival)
    }

    private func invocationEnded(_ plan: InvocationPlan, in lane: Int, _ result: InvocationResult) {
        let tail = sentTail()
        let outcome = interpret(plan, in: lane, result)
        noteSuccess(plan, in: lane, outcome, result, tail: tail)
        switch outcome {
        case .succeeded:
            runner.invocationEnded(failed: false)
            lanes[lane].lastError = nil
        case .partiallyFailed:
            // A valid partial answer counts as `OK` for the mapping's last result (esm-api.md §5).
            runner.invocationEnded(failed: false)
        case .failed: runner.invocationEnded(failed: true)
        case .notReached(let why): lanes[lane].lastError = Self.text(why)
        }
        runner.attempted(plan.records.count, outcome, result)
        lastError = lanes[lane].lastError ?? lanes.lazy.compactMap(\.lastError).first
        if let lastError { runner.lastError = lastError }
        step(.invocationEnded(lane, plan.invocation, outcome))
    }

    private func interpret(
        _ plan: InvocationPlan, in lane: Int, _ result: InvocationResult
    ) -> InvocationOutcome {
        switch result.outcome {
        case .success(let payload) where windowing != nil:
            let answer = windowAnswer(payload) { index(of: $0, in: plan.records, lane) }
            if answer != .succeeded {
                lanes[lane].lastAnswer = (payload, result.logTail)
                lanes[lane].lastError = "the answer failed the batch, or a part of it"
            }
            return answer
        case .success(let payload):
            guard runner.mapping.settings.reportsBatchItemFailures else { return .succeeded }
            let response = BatchResponse(ofStream: payload) { index(of: $0, in: plan.records, lane) }
            let outcome = InvocationOutcome(response)
            if outcome != .succeeded {
                lanes[lane].lastAnswer = (payload, result.logTail)
                lanes[lane].lastError = "the function reported batch item failures"
            }
            return outcome
        case .functionError(let payload, _):
            lanes[lane].lastAnswer = (payload, result.logTail)
            lanes[lane].lastError = FunctionErrorText.summary(of: payload)
            return .failed(.functionError)
        case .throttled(let reason):
            lanes[lane].lastError = reason.rawValue
            return .notReached(.throttled)
        case .unavailable(let reason): return .notReached(.unavailable("\(reason)"))
        }
    }

    /// The place of a sequence number in a batch; `nil` for every text that is not exactly one of its numbers.
    private func index(of text: String, in span: RecordSpan, _ lane: Int) -> Int? {
        guard let position = numbers.position(of: text), position >= span.first, position <= span.last,
            let entry = records.entries(from: position, through: position, lane: place(of: lane)).first,
            numbers.text(position, arrival: entry.arrival) == text
        else { return nil }
        return records.count(through: position, after: span.first - 1, lane: place(of: lane)) - 1
    }

    static func text(_ why: Unreachable) -> String {
        switch why {
        case .throttled: "the function is throttled"
        case .unavailable(let reason): reason
        }
    }
}

/// Makes a line of a function's error object.
enum FunctionErrorText {
    /// `ValueError: poison`, or the beginning of whatever the payload is.
    static func summary(of payload: [UInt8]) -> String {
        let text: String
        do {
            let tree = try JSONValue(parsing: payload)
            let type = tree["errorType"]?.stringValue ?? ""
            let message = tree["errorMessage"]?.stringValue ?? ""
            text = type.isEmpty ? message : "\(type): \(message)"
        } catch {
            // A payload that is no JSON is shown as it is; its reader is a person.
            text = String(decoding: payload.prefix(EngineLimits.errorCharacters), as: UTF8.self)
        }
        return text.isEmpty
            ? "the function failed without a message" : String(text.prefix(EngineLimits.errorCharacters))
    }
}
