package import EventModel

/// Delivers the messages of one queue to the function of one mapping (esm-sqs.md §2–6).
///
/// At most one slot gathers messages at a time; the others invoke, wait for their back-off, for a permit or for another batch
/// of their message group. When a receive comes back full, the next free slot starts. When nothing is there, no permit is
/// held and nothing is asked until `.messagesMayBeAvailable`. A step costs as much as it changes, however many slots
/// there are.
package struct QueueMachine: Sendable {
    package internal(set) var settings: QueueSettings

    var phase = Phase.notStarted
    /// Made when they are needed for the first time.
    var slots: [SlotState] = []
    /// Those that may be taken, the last one first.
    var free: [Slot] = []
    var scale: PollerScale
    /// Of provisioned pollers.
    var pace: PollPace?
    /// The slot that asks for a permit to receive, receives, or waits for its window to end.
    var gatherer: Slot?
    /// False once a receive found nothing more, until something may have come.
    var mayHaveMessages = true
    /// Closed batches without a permit whose turn has come.
    var line = SlotLine()
    /// How many of them asked for a permit and have no answer yet.
    var sendsAsking = 0
    /// A permit was denied, and nobody has said since that one may be free.
    var arePermitsScarce = false
    /// Invocations that have not ended.
    package internal(set) var inFlightBatches = 0
    /// Which slot is at work on a message group (FIFO queues).
    var groupsAtWork: [Int32: Slot] = [:]
    /// Slots that wait for another one to end its work on a message group.
    var behindOthers: [Slot] = []
    var deadlines = DeadlineHeap()
    var requests: RequestOrdinal = 0
    var invocations: InvocationOrdinal = 0
    var startedAt = Timestamp(millisecondsSinceEpoch: 0)
    /// What the shell's timer is set to.
    private var armed: Timestamp?
    /// The latest time that a step was given.
    private var lastStep: Timestamp?

    package init(settings: QueueSettings) {
        self.settings = settings
        scale = PollerScale(settings.scaling, now: startedAt)
        pace = Self.pace(of: settings.scaling)
    }

    enum Phase {
        case notStarted
        case running
        case stopping
        case stopped
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

    static func pace(of scaling: PollerScaling) -> PollPace? {
        if case .provisioned = scaling { PollPace() } else { nil }
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
        take(input, now: now, into: &effects)
        proceed(now: now, into: &effects)
        scale.note(occupied: occupiedSlots, hasBacklog: hasBacklog(now: now), now: now)
        arm(now: now, into: &effects)
        shrinkWhenIdle()
        if phase == .stopping, occupiedSlots == 0 {
            phase = .stopped
            effects.append(.stopped)
        }
    }

    private mutating func take(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        switch input {
        case .start: start(now: now)
        case .messagesMayBeAvailable: noteChange()
        case .permitGranted(let slot): grant(slot, now: now, into: &effects)
        case .permitDenied(let slot): deny(slot, into: &effects)
        case .permitMayBeFree: arePermitsScarce = false
        case .received(let slot, let received): take(received, into: slot, now: now, effects: &effects)
        case .invocationEnded(let slot, let invocation, let outcome):
            precondition(invocation <= invocations, "an invocation ends after it was asked for")
            // A second answer finds the slot with another invocation or with none.
            if slots.indices.contains(slot), case .invoking(let batch, invocation) = slots[slot].stage {
                conclude(batch, in: slot, outcome, now: now, into: &effects)
            }
        case .deletesRefused(let count):
            effects.append(.explain(.deleteRefused(count: count)))
            noteChange()
        case .settingsChanged(let settings): adopt(settings, now: now)
        case .timerFired: armed = nil
        case .stop: stop(into: &effects)
        }
    }

    /// Wall clocks are set back now and then. What is waited for comes no later by that: it moves along. Receipts end when
    /// the queue says, whose clock is the same.
    private mutating func noteTime(_ now: Timestamp) {
        if let lastStep, now < lastStep {
            let back = lastStep - now
            startedAt = startedAt - back
            for slot in slots.indices {
                slots[slot].windowStart = slots[slot].windowStart - back
                guard case .holding(let batch, let until) = slots[slot].stage else { continue }
                slots[slot].stage = .holding(batch, until: until - back)
                watch(slot, until: min(until - back, batch.leaseDeadline))
            }
            scale.clockWasSetBack(by: back)
            pace?.clockWasSetBack(by: back)
        }
        lastStep = now
        scale.advance(to: now)
    }

    private mutating func start(now: Timestamp) {
        precondition(phase == .notStarted, "a machine starts once")
        phase = .running
        startedAt = now
        scale = PollerScale(settings.scaling, now: now)
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
        if case .send = errand { sendsAsking -= 1 }
        if phase == .stopping { return abandon(slot, into: &effects) }
        effects.append(.explain(.permitDenied))
        arePermitsScarce = true
        switch errand {
        case .gather: slots[slot].stage = .parked
        case .send(let batch): lineUp(batch, in: slot, first: true)
        }
    }

    private mutating func adopt(_ settings: QueueSettings, now: Timestamp) {
        if self.settings.scaling != settings.scaling {
            scale.adopt(settings.scaling, now: now)
            pace = Self.pace(of: settings.scaling).map { pace ?? $0 }
        }
        self.settings = settings
        // The batch that is being gathered is measured anew.
        guard let gatherer else { return }
        switch slots[gatherer].stage {
        case .receiving(_, let changed): slots[gatherer].stage = .receiving(BatchFill(), changed: changed)
        case .gathering: slots[gatherer].stage = .gathering(BatchFill())
        case .free, .asking, .parked, .ready, .behind, .invoking, .holding: break
        }
    }

    private mutating func stop(into effects: inout [Effect]) {
        guard phase != .stopping else { return }
        phase = .stopping
        for slot in slots.indices {
            switch slots[slot].stage {
            case .parked, .holding, .ready, .behind: abandon(slot, into: &effects)
            case .gathering:
                effects.append(.releasePermit(slot))
                abandon(slot, into: &effects)
            // Their answers are on the way.
            case .free, .asking, .receiving, .invoking: break
            }
        }
    }
}

// MARK: - Timer and state

extension QueueMachine {
    /// Keeps the shell's one timer at the first time that matters.
    private mutating func arm(now: Timestamp, into effects: inout [Effect]) {
        var wanted = gatherer.flatMap { deadline(ofGatherer: $0, now: now) }
        if let first = firstDeadline() { wanted = min(wanted ?? first, first) }
        if let next = nextChance(now: now) { wanted = min(wanted ?? next, next) }
        guard wanted != armed else { return }
        armed = wanted
        effects.append(wanted.map { .wake(at: $0) } ?? .cancelWake)
    }

    private mutating func deadline(ofGatherer slot: Slot, now: Timestamp) -> Timestamp? {
        let windowEnd = slots[slot].windowStart + settings.batch.window
        switch slots[slot].stage {
        case .gathering: return min(windowEnd, nextPoll(now: now) ?? windowEnd)
        // Nothing can be done about a window that ends before the answer comes.
        case .receiving(let fill, _): return fill.count > 0 && windowEnd > now ? windowEnd : nil
        case .free, .asking, .parked, .ready, .behind, .invoking, .holding: return nil
        }
    }

    /// When a level or a pace that holds something back lets it go.
    private mutating func nextChance(now: Timestamp) -> Timestamp? {
        guard phase == .running else { return nil }
        if line.first != nil { return sendsAreHeldBack ? scale.nextRise : nil }
        guard gatherer == nil, mayHaveMessages else { return nil }
        return occupiedSlots >= scale.level ? scale.nextRise : nextPoll(now: now)
    }

    private var sendsAreHeldBack: Bool {
        sendsAsking == 0 && !arePermitsScarce && inFlightBatches >= scale.level
    }

    /// When the pace of provisioned pollers allows the receive that it forbids now; `nil` when it forbids none.
    private mutating func nextPoll(now: Timestamp) -> Timestamp? {
        guard pace != nil, mayHaveMessages, let pollers = scale.scaling.pollers(at: scale.level),
            let next = pace?.nextPoll(of: pollers, now: now), next > now
        else { return nil }
        return next
    }

    mutating func mayPoll(now: Timestamp) -> Bool { nextPoll(now: now) == nil }

    /// Whether there is more than may be begun; `nil` while a receive finds out.
    private mutating func hasBacklog(now: Timestamp) -> Bool? {
        guard phase == .running, mayHaveMessages || gatherer != nil else { return false }
        guard let gatherer else {
            guard line.first == nil else { return false }
            return occupiedSlots >= scale.level || nextPoll(now: now) != nil
        }
        switch slots[gatherer].stage {
        case .asking, .receiving: return nil
        case .gathering: return nextPoll(now: now) != nil
        case .free, .parked, .ready, .behind, .invoking, .holding: return false
        }
    }

    var occupiedSlots: Int { slots.count - free.count }

    /// Messages that were received and are not concluded, those being invoked included.
    package var heldMessages: Int {
        slots.indices.reduce(0) { $0 + unconcluded(in: $1).count }
    }

    /// Batches that may be in flight now: more under a backlog, fewer after errors.
    package func concurrency(now: Timestamp) -> Int {
        var scale = scale
        if phase != .notStarted { scale.advance(to: now) }
        return scale.level
    }
}
