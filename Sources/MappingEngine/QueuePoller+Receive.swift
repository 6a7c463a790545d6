import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// MARK: - Permits

extension QueuePoller {
    func requestPermit(_ slot: Int) {
        if slot == slots.count { slots.append(Slot()) }
        let function = runner.mapping.functionKey
        // Without its function nothing is received, so that no receive count is spent on it.
        guard context.host.isDefined(function, qualifier: runner.mapping.functionQualifier) else {
            isWaitingForFunction = true
            return step(.permitDenied(slot))
        }
        guard let permit = context.host.acquirePermit(function: function, for: permits) else {
            isWaitingForPermit = true
            context.host.onPermitFree(function: function, for: permits) { [weak self] in
                self?.isWaitingForPermit = false
                self?.step(.permitMayBeFree)
            }
            return step(.permitDenied(slot))
        }
        slots[slot].permit = permit
        step(.permitGranted(slot))
    }
}

// MARK: - Receives

extension QueuePoller {
    func receive(into slot: Int, limit: Int, bytes limitBytes: Int, visibility: Duration?) {
        let now = context.now()
        // Taken out while messages are added, so that nothing is copied.
        var held = Slot()
        swap(&held, &slots[slot])
        if held.bytes.isEmpty { held.bytes.reserveCapacity(lastReceiveBytes) }
        var read = QueueRead(heldBefore: held.ranges.count, limit: limit)
        let isFiltered = runner.filter != nil
        let outcome: ReceiveOutcome
        do {
            outcome = try context.reader.receive(
                from: queue.key, maximum: limit, maxBytes: limitBytes,
                visibilitySeconds: visibility.map { Int($0.components.seconds) }, now: now,
                mover: mover
            ) { (message, body, attributes) in
                read.lastSent = message.sentAt
                if isFiltered,
                    runner.filter?.passes(message, body: body, attributes: attributes) == false
                {
                    return read.noteFiltered(message, body)
                }
                take(message, body: body, attributes: attributes, into: &held, &read)
            }
        } catch {
            slots[slot] = held
            return receiveFailed(slot, now: now, error)
        }
        lastReceiveBytes = held.bytes.count
        slots[slot] = held
        read.received = outcome.received
        read.isCut = outcome.received >= limit || read.bytes >= limitBytes
        read.leaseDeadline = now + (visibility ?? self.visibility)
        if outcome.movedToDeadLetter > 0 { runner.movedToDeadLetter(outcome.movedToDeadLetter) }
        guard let pending = outcome.pending else { return received(slot, read, now: now) }
        keep(pending, slot, read)
    }

    /// Tells the mapping what its receives moved to the dead-letter queue.
    func makeMover() -> DeadLetterMover {
        let loop = context.loop
        return DeadLetterMover(mappingID: runner.mapping.id) { [weak self] move in
            guard let self, !move.neverExecuted.isEmpty else { return }
            loop.execute { self.deadLettered(move) }
        }
    }

    private func deadLettered(_ move: DeadLetterMove) {
        // One that has ended may be without its runner.
        guard isRunning else { return }
        runner.neverExecuted(move.neverExecuted.count)
        context.logger.log(
            .warning, "dead letters that were never executed",
            [
                "mapping": .string(runner.mapping.id), "count": .integer(Int64(move.neverExecuted.count)),
                "message": .string(move.neverExecuted.first?.description ?? ""),
            ])
    }

    private func take(
        _ message: ReceivedMessage, body: Span<UInt8>, attributes: Span<UInt8>, into held: inout Slot,
        _ read: inout QueueRead
    ) {
        let start = held.bytes.count
        encoder.append(message, body: body, attributes: attributes, to: &held.bytes)
        held.ranges.append(start..<held.bytes.count)
        let group = queue.isFIFO ? message.groupID.map { groups.hold($0) } : nil
        if let group { held.groups.append(group) }
        read.messages.append(.init(encodedBytes: held.bytes.count - start, group: group))
        read.bytes += held.bytes.count - start
        held.bytes.append(UInt8(ascii: ","))
        held.leases.append(message.lease)
        held.messageIDs.append(message.messageID)
        held.sentAt.append(message.sentAt)
    }

    /// A receive of a FIFO queue counts once it is durable: after a crash nobody else has the messages then.
    private func keep(_ pending: PendingReceive, _ slot: Int, _ read: QueueRead) {
        commitsUnderWay += 1
        let loop = context.loop
        context.store.keep(pending, mayRunHere: loop.isQuiet) { [self] result in
            loop.execute { self.kept(slot, read, result) }
        }
    }

    private func kept(_ slot: Int, _ read: QueueRead, _ result: Result<Void, StoreError>) {
        commitsUnderWay -= 1
        let now = context.now()
        switch result {
        case .success: received(slot, read, now: now)
        case .failure(let error):
            // The store has taken the receive back.
            for group in slots[slot].groups.dropFirst(read.heldBefore) { groups.release(group) }
            slots[slot].cut(to: read.heldBefore)
            receiveFailed(slot, now: now, error)
        }
        endIfSettled()
    }

    private func received(_ slot: Int, _ read: QueueRead, now: Timestamp) {
        if let last = read.lastSent { lag.recordsRead(lastArrival: last, now: now) }
        runner.polled(read.received, filteredOut: read.filtered.count)
        if !read.isCut { watchHidden(now: now) }
        let answer = QueueMachine.ReceivedMessages(
            read.messages, leaseDeadline: read.leaseDeadline, isExhausted: !read.isCut)
        guard !read.filtered.isEmpty else { return step(.received(slot, answer)) }
        explainFiltered(read.filtered.count, example: read.example)
        deleteFiltered(read, slot, answer)
    }

    private func receiveFailed(_ slot: Int, now: Timestamp, _ error: StoreError) {
        storeFailed("receiving", error)
        context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
            self?.messagesMayBeAvailable()
        }
        step(.received(slot, .init([], leaseDeadline: now, isExhausted: true)))
    }

    /// Deletes what no filter matched, at once. After a full receive that brought mostly such messages the next one
    /// waits for that, so that a long run of them goes no faster than the store and others get their turn.
    private func deleteFiltered(_ read: QueueRead, _ slot: Int, _ answer: QueueMachine.ReceivedMessages) {
        let goOn: () -> Void = { [self] in
            step(.received(slot, answer))
            // The machine takes an answer without messages for the end of them.
            if read.isCut, answer.messages.isEmpty { messagesMayBeAvailable() }
        }
        guard read.isCut, answer.messages.count < read.filtered.count else {
            delete(read.filtered, isFiltered: true)
            return goOn()
        }
        delete(read.filtered, isFiltered: true, goOn)
    }

    /// Hidden and delayed messages come back without a send, so their time is watched.
    private func watchHidden(now: Timestamp) {
        guard isRunning else { return }
        cancel(&visibleTimer)
        guard let next = context.store.leases.nextVisible(in: queue.key, now: now) else { return }
        visibleTimer = context.loop.schedule(after: max(.milliseconds(1), next - now)) { [weak self] in
            self?.visibleTimer = nil
            self?.messagesMayBeAvailable()
        }
    }
}

/// What one receive from a queue found.
struct QueueRead {
    /// Messages that the slot held before.
    let heldBefore: Int
    /// Those that pass.
    var messages: [QueueMachine.MessageSummary] = []
    /// Encoded bytes of these.
    var bytes = 0
    /// Those that no filter matched included.
    var received = 0
    /// It ended at its limit of messages or bytes.
    var isCut = false
    var leaseDeadline = Timestamp(millisecondsSinceEpoch: 0)
    var lastSent: Timestamp?
    /// Messages that no filter matched, and the first of them.
    var filtered: [MessageLease] = []
    var example = ""

    init(heldBefore: Int, limit: Int) {
        self.heldBefore = heldBefore
        messages.reserveCapacity(min(limit, 1_000))
    }

    mutating func noteFiltered(_ message: ReceivedMessage, _ body: Span<UInt8>) {
        if filtered.isEmpty { example = "\(message.messageID): \(SampleText.of(body))" }
        filtered.append(message.lease)
    }
}
