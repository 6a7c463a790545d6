import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

/// Runs the machine of one queue mapping: receives, invokes and deletes for it.
///
/// Confined to the engine's loop, like `ShardPoller`.
final class QueuePoller: @unchecked Sendable {
    let queue: QueueDefinition
    unowned let runner: MappingRunner
    let context: EngineContext
    private let encoder: MessageEncoder
    private let visibility: Duration
    private(set) var machine: QueueMachine
    var slots: [Slot] = []
    var lag = LagEstimate()
    private(set) var lastError: String?
    private(set) var isWaitingForPermit = false
    private(set) var isWaitingForFunction = false
    var decisions: [Decision] = []
    /// Filtered messages that no decision has told of yet, and when one last did.
    var filteredUntold: (count: Int, told: Timestamp?) = (0, nil)

    private var inbox: [QueueMachine.Input] = []
    private var effects: [QueueMachine.Effect] = []
    private var isStepping = false
    private let permits = PermitHolder()
    private var wake: TimerToken?
    /// Fires when the next hidden or delayed message may be received.
    private var visibleTimer: TimerToken?
    /// Deletes and settlements that the store has not answered.
    var commitsUnderWay = 0
    private var settledCount: Int64 = 0
    /// What the last receive took, so that the next one need not grow its array step by step.
    private var lastReceiveBytes = 0
    private var hasStopped = false
    private var onEnd: (() -> Void)?

    init(runner: MappingRunner, queue: QueueDefinition, settings: QueueSettings) {
        self.runner = runner
        self.queue = queue
        context = runner.context
        encoder = MessageEncoder(
            source: runner.mapping.source, hasBatchingWindow: settings.batch.window > .zero)
        visibility = settings.receiveVisibility ?? settings.queueVisibility
        machine = QueueMachine(settings: settings)
    }

    func start() {
        precondition(context.loop.isCurrent, "pollers live on the engine's loop")
        step(.start)
        step(.messagesMayBeAvailable)
    }

    func messagesMayBeAvailable() {
        // A poller that has ended may be without its runner.
        if onEnd == nil, !hasStopped { step(.messagesMayBeAvailable) }
    }

    func stop(_ completion: @escaping () -> Void) {
        precondition(context.loop.isCurrent && onEnd == nil, "a poller is stopped once, on its loop")
        onEnd = completion
        cancel(&visibleTimer)
        step(.stop)
    }

    private func step(_ input: QueueMachine.Input) {
        inbox.append(input)
        guard !isStepping else { return }
        // The end of its last poller lets go of the runner, which is still needed for what follows here.
        let runner = runner
        defer { withExtendedLifetime(runner) {} }
        isStepping = true
        var next = 0
        while next < inbox.count {
            effects.removeAll(keepingCapacity: true)
            machine.step(inbox[next], now: context.now(), into: &effects)
            next += 1
            for index in effects.indices { perform(effects[index]) }
        }
        inbox.removeAll(keepingCapacity: true)
        isStepping = false
        recordDecisions()
    }

    private func perform(_ effect: QueueMachine.Effect) {
        switch effect {
        case .requestPermit(let slot): requestPermit(slot)
        case .releasePermit(let slot):
            slots[slot].permit?.release()
            slots[slot].permit = nil
        case .receive(let slot, let limit, let bytes, let visibility):
            receive(into: slot, limit: limit, bytes: bytes, visibility: visibility)
        case .invoke(let slot, let plan): invoke(slot, plan)
        case .delete(let slot, let selection): settle(slot, selection)
        case .leave: break
        case .release(let slot): slots[slot].clear()
        case .wake(let time):
            cancel(&wake)
            wake = context.loop.schedule(after: max(.zero, time - context.now())) { [weak self] in
                self?.wake = nil
                self?.step(.timerFired)
            }
        case .cancelWake: cancel(&wake)
        case .explain(let decision): explain(decision)
        case .stopped:
            cancel(&wake)
            hasStopped = true
            endIfSettled()
        }
    }

    private func cancel(_ timer: inout TimerToken?) {
        if let token = timer { context.loop.cancel(token) }
        timer = nil
    }

    func endIfSettled() {
        guard hasStopped, commitsUnderWay == 0, let action = onEnd else { return }
        onEnd = nil
        action()
    }

    var isStopped: Bool { hasStopped }
}

// MARK: - Permits and receives

extension QueuePoller {
    func functionMayBeReachable() {
        guard isWaitingForFunction, onEnd == nil, !hasStopped else { return }
        isWaitingForFunction = false
        step(.permitMayBeFree)
    }

    private func requestPermit(_ slot: Int) {
        if slot == slots.count { slots.append(Slot()) }
        let name = runner.mapping.functionName
        // Without its function nothing is received, so that no receive count is spent on it.
        guard context.host.isDefined(name) else {
            isWaitingForFunction = true
            return step(.permitDenied(slot))
        }
        guard let permit = context.host.acquirePermit(functionNamed: name, for: permits) else {
            isWaitingForPermit = true
            context.host.onPermitFree(functionNamed: name, for: permits) { [weak self] in
                self?.isWaitingForPermit = false
                self?.step(.permitMayBeFree)
            }
            return step(.permitDenied(slot))
        }
        slots[slot].permit = permit
        step(.permitGranted(slot))
    }

    private func receive(into slot: Int, limit: Int, bytes limitBytes: Int, visibility: Duration?) {
        let now = context.now()
        // Taken out while messages are added, so that nothing is copied.
        var held = Slot()
        swap(&held, &slots[slot])
        if held.bytes.isEmpty { held.bytes.reserveCapacity(lastReceiveBytes) }
        var read = QueueRead()
        read.messages.reserveCapacity(min(limit, 1_000))
        let isFiltered = runner.filter != nil
        let outcome: ReceiveOutcome
        do {
            outcome = try context.reader.receive(
                from: queue.key, maximum: limit, maxBytes: limitBytes,
                visibilitySeconds: visibility.map { Int($0.components.seconds) }, now: now
            ) { (message, body, attributes) in
                read.lastSent = message.sentAt
                if isFiltered,
                    runner.filter?.passes(message, body: body, attributes: attributes) == false
                {
                    return read.noteFiltered(message, body)
                }
                let start = held.bytes.count
                encoder.append(message, body: body, attributes: attributes, to: &held.bytes)
                held.ranges.append(start..<held.bytes.count)
                read.messages.append(.init(encodedBytes: held.bytes.count - start))
                read.bytes += held.bytes.count - start
                held.bytes.append(UInt8(ascii: ","))
                held.leases.append(message.lease)
                held.messageIDs.append(message.messageID)
                held.sentAt.append(message.sentAt)
            }
        } catch {
            slots[slot] = held
            return receiveFailed(slot, now: now, error)
        }
        lastReceiveBytes = held.bytes.count
        slots[slot] = held
        if let last = read.lastSent { lag.recordsRead(lastArrival: last, now: now) }
        runner.polled(outcome.received, filteredOut: read.filtered.count)
        if outcome.movedToDeadLetter > 0 { runner.movedToDeadLetter(outcome.movedToDeadLetter) }
        let deadline = now + (visibility ?? self.visibility)
        let isCut = outcome.received >= limit || read.bytes >= limitBytes
        if !isCut { watchHidden(now: now) }
        let answer = QueueMachine.ReceivedMessages(
            read.messages, leaseDeadline: deadline, isExhausted: !isCut)
        guard !read.filtered.isEmpty else { return step(.received(slot, answer)) }
        explainFiltered(read.filtered.count, example: read.example)
        received(slot, answer, filtered: read.filtered, isCut: isCut)
    }

    private func receiveFailed(_ slot: Int, now: Timestamp, _ error: StoreError) {
        lastError = "receiving: \(error)"
        runner.lastError = lastError
        context.logger.log(
            .error, "receive failed",
            ["mapping": .string(runner.mapping.id), "error": .string("\(error)")])
        context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
            self?.messagesMayBeAvailable()
        }
        step(.received(slot, .init([], leaseDeadline: now, isExhausted: true)))
    }

    /// Deletes what no filter matched, at once. After a full receive that brought mostly such messages the next one
    /// waits for that, so that a long run of them goes no faster than the store and others get their turn.
    private func received(
        _ slot: Int, _ answer: QueueMachine.ReceivedMessages, filtered: [MessageLease], isCut: Bool
    ) {
        let goOn: () -> Void = { [self] in
            step(.received(slot, answer))
            // The machine takes an answer without messages for the end of them.
            if isCut, answer.messages.isEmpty { messagesMayBeAvailable() }
        }
        guard isCut, answer.messages.count < filtered.count else {
            delete(filtered, isFiltered: true)
            return goOn()
        }
        delete(filtered, isFiltered: true, goOn)
    }

    /// Hidden and delayed messages come back without a send, so their time is watched.
    private func watchHidden(now: Timestamp) {
        guard onEnd == nil else { return }
        cancel(&visibleTimer)
        guard let next = context.store.leases.nextVisible(in: queue.key, now: now) else { return }
        visibleTimer = context.loop.schedule(after: max(.milliseconds(1), next - now)) { [weak self] in
            self?.visibleTimer = nil
            self?.messagesMayBeAvailable()
        }
    }
}

// MARK: - Invocations

extension QueuePoller {
    static let head: ArraySlice<UInt8> = Array(#"{"Records":["#.utf8)[...]
    static let tail: ArraySlice<UInt8> = Array("]}".utf8)[...]

    private func invoke(_ slot: Int, _ plan: QueueInvocationPlan) {
        let first = slots[slot].ranges[plan.messages.lowerBound].lowerBound
        let end = slots[slot].ranges[plan.messages.upperBound - 1].upperBound
        let event = [Self.head, slots[slot].bytes[first..<end], Self.tail]
        let permit = slots[slot].permit
        slots[slot].permit = nil
        lag.batchInvoked(lastArrival: slots[slot].sentAt[plan.messages.upperBound - 1], now: context.now())
        let request = InvocationRequest(
            functionName: runner.mapping.functionName, permit: permit,
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
            guard runner.mapping.settings.reportsBatchItemFailures else { return .succeeded }
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

    /// For a queue, what was settled plays the checkpoint and what is settled or there plays the tip.
    func observeLag(now: Timestamp) {
        let counters = context.store.leases.counters(of: queue.key, now: now)
        lag.observe(
            tip: settledCount + Int64(counters.visible + counters.inFlight), checkpoint: settledCount,
            now: now)
    }

    private func deleted(
        _ leases: [MessageLease], isFiltered: Bool, _ result: Result<[MessageLease], StoreError>
    ) {
        commitsUnderWay -= 1
        switch result {
        case .success(let refused):
            noteDeleted(leases.count - refused.count, isFiltered: isFiltered)
            explainRefused(refused.count)
        case .failure(let error):
            runner.deleted(0)
            storeFailed("deleting", error)
            // The messages were handled or filtered out, so the delete is worth repeating; if the store stays away they return.
            retry { $0.delete(leases, isFiltered: isFiltered) }
        }
    }

    func noteDeleted(_ count: Int, isFiltered: Bool) {
        guard count > 0 else { return }
        settledCount += Int64(count)
        observeLag(now: context.now())
        runner.deleted(count)
        if !isFiltered { runner.settled(records: count, discarded: 0) }
    }

    func storeFailed(_ what: String, _ error: StoreError) {
        lastError = "\(what): \(error)"
        runner.lastError = lastError
        context.logger.log(
            .error, "queue not written",
            [
                "mapping": .string(runner.mapping.id), "while": .string(what),
                "error": .string("\(error)"),
            ])
    }

    func retry(_ work: @escaping (QueuePoller) -> Void) {
        context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
            guard let self, !self.hasStopped else { return }
            work(self)
        }
    }
}
