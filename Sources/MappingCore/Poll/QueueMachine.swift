package import EventModel

/// Delivers the messages of one standard queue to the function of one mapping (esm-sqs.md §2–4).
///
/// At most one slot gathers messages at a time; the others invoke. When a receive comes back full, the next free slot
/// starts. When nothing is there, no permit is held and nothing is asked until `.messagesMayBeAvailable`.
package struct QueueMachine: Sendable {
    package let settings: QueueSettings

    var phase = Phase.notStarted
    var slots: [SlotState]
    var limit: ConcurrencyLimit
    /// The slot that asks for a permit to receive, receives, or waits for its window to end.
    var gatherer: Slot?
    /// False once a receive found nothing more, until something may have come.
    var mayHaveMessages = true
    var requests: RequestOrdinal = 0
    var invocations: InvocationOrdinal = 0
    /// What the shell's timer is set to.
    private var armed: Timestamp?
    /// The latest time that a step was given.
    private var lastStep: Timestamp?

    package init(settings: QueueSettings) {
        self.settings = settings
        limit = settings.concurrency
        slots = Array(repeating: SlotState(), count: settings.concurrency.ceiling)
    }

    enum Phase {
        case notStarted
        case running
        case stopping
        case stopped
    }

    struct SlotState {
        var stage = Stage.free
        /// Received since the slot was last free.
        var held: [HeldMessage] = []
        /// When the slot's last invocation ended, or the machine started.
        var windowStart = Timestamp(millisecondsSinceEpoch: 0)
    }

    struct HeldMessage {
        let encodedBytes: Int
        let leaseDeadline: Timestamp
    }

    enum Stage: Equatable {
        case free
        /// The answer to a permit request is outstanding.
        case asking(Errand)
        /// No permit was free.
        case parked(Errand)
        /// With a permit; `changed` tells that the answer may be older than the newest messages.
        case receiving(BatchFill, changed: Bool)
        /// With a permit and at least one message; the batching window is open.
        case gathering(BatchFill)
        case invoking(Batch, InvocationOrdinal)
        /// The function was not reached; without a permit until then.
        case holding(Batch, until: Timestamp)
    }

    /// What a permit is for.
    enum Errand: Equatable {
        case gather
        case send(Batch)
    }

    struct Batch: Equatable {
        let request: RequestOrdinal
        /// Indices of the slot's held messages; those before are concluded.
        let messages: Range<Int>
        /// When the first of their receipts ends.
        let leaseDeadline: Timestamp
        /// Invocations in a row that did not reach the function.
        var misses = 0
    }
}

// MARK: - Inputs

extension QueueMachine {
    /// Takes one input; returns what to do.
    package mutating func step(_ input: Input, now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        step(input, now: now, into: &effects)
        return effects
    }

    /// Takes one input and appends what to do, for shells that keep one array.
    package mutating func step(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        guard phase != .stopped else { return }
        noteTime(now)
        switch input {
        case .start: start(now: now)
        case .messagesMayBeAvailable: noteChange()
        case .permitGranted(let slot): grant(slot, now: now, into: &effects)
        case .permitDenied(let slot): deny(slot, into: &effects)
        case .permitMayBeFree: askAgain(into: &effects)
        case .received(let slot, let received): take(received, into: slot, now: now, effects: &effects)
        case .invocationEnded(let slot, let invocation, let outcome):
            precondition(invocation <= invocations, "an invocation ends after it was asked for")
            // A second answer finds the slot with another invocation or with none.
            if case .invoking(let batch, invocation) = slots[slot].stage {
                conclude(batch, in: slot, outcome, now: now, into: &effects)
            }
        case .timerFired: armed = nil
        case .stop: stop(into: &effects)
        }
        proceed(now: now, into: &effects)
        arm(now: now, into: &effects)
        if phase == .stopping, slots.allSatisfy({ $0.stage == .free }) {
            phase = .stopped
            effects.append(.stopped)
        }
    }

    /// Wall clocks are set back now and then. What is waited for comes no later by that: it moves along. Receipts end when
    /// the queue says, whose clock is the same.
    private mutating func noteTime(_ now: Timestamp) {
        if let lastStep, now < lastStep {
            let back = lastStep - now
            for slot in slots.indices {
                slots[slot].windowStart = slots[slot].windowStart - back
                guard case .holding(let batch, let until) = slots[slot].stage else { continue }
                slots[slot].stage = .holding(batch, until: until - back)
            }
            limit.clockWasSetBack(by: back)
        }
        lastStep = now
    }

    private mutating func start(now: Timestamp) {
        precondition(phase == .notStarted, "a machine starts once")
        phase = .running
        for slot in slots.indices { slots[slot].windowStart = now }
    }

    private mutating func noteChange() {
        mayHaveMessages = true
        guard let gatherer, case .receiving(let fill, _) = slots[gatherer].stage else { return }
        slots[gatherer].stage = .receiving(fill, changed: true)
    }

    private mutating func deny(_ slot: Slot, into effects: inout [Effect]) {
        guard case .asking(let errand) = slots[slot].stage else {
            preconditionFailure("permits are denied to those who asked")
        }
        if phase == .stopping { return abandon(slot, into: &effects) }
        effects.append(.explain(.permitDenied))
        slots[slot].stage = .parked(errand)
    }

    private mutating func askAgain(into effects: inout [Effect]) {
        for slot in slots.indices {
            guard case .parked(let errand) = slots[slot].stage else { continue }
            ask(errand, for: slot, into: &effects)
        }
    }

    private mutating func stop(into effects: inout [Effect]) {
        guard phase != .stopping else { return }
        phase = .stopping
        for slot in slots.indices {
            switch slots[slot].stage {
            case .parked, .holding: abandon(slot, into: &effects)
            case .gathering:
                effects.append(.releasePermit(slot))
                abandon(slot, into: &effects)
            // Their answers are on the way.
            case .free, .asking, .receiving, .invoking: break
            }
        }
    }

    /// Ends what a slot without permit was doing; its messages return by visibility.
    mutating func abandon(_ slot: Slot, into effects: inout [Effect]) {
        giveBack(unconcluded(in: slot), of: slot, into: &effects)
    }

    mutating func giveBack(_ messages: Range<Int>, of slot: Slot, into effects: inout [Effect]) {
        if !messages.isEmpty {
            effects.append(.explain(.leftAtStop(count: messages.count)))
            effects.append(.leave(slot, .range(messages)))
        }
        vacate(slot, into: &effects)
    }

    private func unconcluded(in slot: Slot) -> Range<Int> {
        let held = slots[slot].held.count
        switch slots[slot].stage {
        case .holding(let batch, _), .asking(.send(let batch)), .parked(.send(let batch)),
            .invoking(let batch, _):
            return batch.messages.lowerBound..<held
        case .free, .asking(.gather), .parked(.gather), .receiving, .gathering: return 0..<held
        }
    }
}

// MARK: - Timer and state

extension QueueMachine {
    /// Keeps the shell's one timer at the first time that matters.
    private mutating func arm(now: Timestamp, into effects: inout [Effect]) {
        var wanted: Timestamp?
        for slot in slots.indices {
            guard let time = deadline(of: slots[slot], now: now) else { continue }
            wanted = min(wanted ?? time, time)
        }
        if isHeldBackByLimit(now: now), let rise = limit.nextRise(now: now) {
            wanted = min(wanted ?? rise, rise)
        }
        guard wanted != armed else { return }
        armed = wanted
        effects.append(wanted.map { .wake(at: $0) } ?? .cancelWake)
    }

    private func deadline(of slot: SlotState, now: Timestamp) -> Timestamp? {
        let windowEnd = slot.windowStart + settings.batch.window
        switch slot.stage {
        case .gathering: return windowEnd
        // Nothing can be done about a window that ends before the answer comes.
        case .receiving(let fill, _): return fill.count > 0 && windowEnd > now ? windowEnd : nil
        case .holding(let batch, let until): return min(until, batch.leaseDeadline)
        case .parked(.send(let batch)): return batch.leaseDeadline
        case .free, .asking, .parked(.gather), .invoking: return nil
        }
    }

    /// Whether a lowered limit is what keeps another slot from starting.
    private func isHeldBackByLimit(now: Timestamp) -> Bool {
        guard phase == .running, gatherer == nil, mayHaveMessages else { return false }
        return occupiedSlots >= limit.current(now: now)
    }

    var occupiedSlots: Int { slots.count { $0.stage != .free } }

    /// Invocations that have not ended.
    package var inFlightBatches: Int {
        slots.count { slot in
            if case .invoking = slot.stage { true } else { false }
        }
    }

    /// Messages that were received and are not concluded, those being invoked included.
    package var heldMessages: Int {
        slots.indices.reduce(0) { $0 + unconcluded(in: $1).count }
    }

    /// Batches that may be in flight now; below the ceiling after errors.
    package func concurrency(now: Timestamp) -> Int { limit.current(now: now) }
}
