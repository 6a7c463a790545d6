import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// MARK: - Invocations

extension QueuePoller {
    static let head: ArraySlice<UInt8> = Array(#"{"Records":["#.utf8)[...]
    static let tail: ArraySlice<UInt8> = Array("]}".utf8)[...]

    func invoke(_ slot: Int, _ plan: QueueInvocationPlan) {
        let first = slots[slot].ranges[plan.messages.lowerBound].lowerBound
        let end = slots[slot].ranges[plan.messages.upperBound - 1].upperBound
        let event = [Self.head, slots[slot].bytes[first..<end], Self.tail]
        let permit = slots[slot].permit
        slots[slot].permit = nil
        slots[slot].reportsFailures = runner.mapping.settings.reportsBatchItemFailures
        lag.batchInvoked(lastArrival: slots[slot].sentAt[plan.messages.upperBound - 1], now: context.now())
        let request = InvocationRequest(
            function: runner.mapping.functionKey, qualifier: runner.mapping.functionQualifier, permit: permit,
            requestID: requestID(slot, plan.request),
            event: event, invokedFunctionARN: runner.mapping.functionARN.description)
        context.host.invoke(request) { [weak self] result in self?.invocationEnded(slot, plan, result) }
    }

    private func requestID(_ slot: Int, _ ordinal: RequestOrdinal) -> String {
        if slots[slot].request.ordinal != ordinal { slots[slot].request = (ordinal, context.makeRequestID()) }
        return slots[slot].request.id
    }

    private func invocationEnded(_ slot: Int, _ plan: QueueInvocationPlan, _ result: InvocationResult) {
        let outcome = interpret(slot, plan, result)
        switch outcome {
        case .succeeded:
            runner.invocationEnded(failed: false)
            lastError = nil
        case .partiallyFailed: runner.invocationEnded(failed: false)
        case .failed: runner.invocationEnded(failed: true)
        case .notReached: break
        }
        runner.attempted(plan.messages.count, outcome, result)
        if let lastError { runner.lastError = lastError }
        noteAnswer(slot, plan, result)
        noteFailure(slot, plan, outcome, result)
        step(.invocationEnded(slot, plan.invocation, outcome))
    }

    private func interpret(
        _ slot: Int, _ plan: QueueInvocationPlan, _ result: InvocationResult
    ) -> InvocationOutcome {
        switch result.outcome {
        case .success(let payload):
            guard slots[slot].reportsFailures else { return .succeeded }
            let ids = slots[slot].messageIDs[plan.messages]
            // Made only when the answer names messages: most do not.
            var places: [String: Int] = [:]
            let response = BatchResponse(ofQueue: payload) { text in
                if places.isEmpty { for (index, id) in ids.enumerated() { places[id.description] = index } }
                return places[text]
            }
            let outcome = InvocationOutcome(response)
            if outcome != .succeeded { lastError = "the function reported batch item failures" }
            return outcome
        case .functionError(let payload, _):
            lastError = FunctionErrorText.summary(of: payload)
            return .failed(.functionError)
        case .throttled(let reason):
            lastError = reason.rawValue
            return .notReached(.throttled)
        case .unavailable(let reason):
            lastError = "\(reason)"
            return .notReached(.unavailable("\(reason)"))
        }
    }
}

// MARK: - Deleting

extension QueuePoller {
    /// - Parameter completion: Called once, whether the delete succeeded or has to be repeated.
    func delete(
        _ leases: [MessageLease], isFiltered: Bool = false, _ completion: @escaping () -> Void = {}
    ) {
        commitsUnderWay += 1
        let loop = context.loop
        let whenDone = LoopBox(completion)
        context.store.delete(leases, from: queue.key) { [self] result in
            loop.execute {
                self.deleted(leases, isFiltered: isFiltered, result)
                whenDone.run()
                self.endIfSettled()
            }
        }
    }

    private func deleted(
        _ leases: [MessageLease], isFiltered: Bool, _ result: Result<[MessageLease], StoreError>
    ) {
        commitsUnderWay -= 1
        switch result {
        case .success(let refused):
            noteDeleted(leases.count, refused: refused.count, isFiltered: isFiltered)
        case .failure(let error):
            runner.deleted(0)
            storeFailed("deleting", error)
            // The messages were handled or filtered out, so the delete is worth repeating; if the store stays away they return.
            retry { $0.delete(leases, isFiltered: isFiltered) }
        }
    }

    /// - Parameter refused: Of these, messages whose receipts had expired (FIFO queues): a slow success is a redelivery.
    func noteDeleted(_ count: Int, refused: Int, isFiltered: Bool) {
        let gone = count - refused
        if gone > 0 {
            settledCount += Int64(gone)
            observeLag(now: context.now())
            runner.deleted(gone)
            if !isFiltered { runner.settled(records: gone, discarded: 0) }
        }
        if refused > 0 { step(.deletesRefused(count: refused)) }
    }

    func storeFailed(_ what: String, _ error: StoreError) {
        lastError = "\(what): \(error)"
        runner.lastError = lastError
        context.logger.log(
            .error, "queue not read or written",
            [
                "mapping": .string(runner.mapping.id), "while": .string(what),
                "error": .string("\(error)"),
            ])
    }

    func retry(_ work: @escaping (QueuePoller) -> Void) {
        context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
            guard let self, !self.isStopped else { return }
            work(self)
        }
    }
}
