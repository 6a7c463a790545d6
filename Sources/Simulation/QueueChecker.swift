import EventModel
package import MappingCore

/// Holds a queue machine to its promises, effect by effect; collects what it breaks (style.md §6).
package struct QueueChecker {
    package typealias Slot = QueueMachine.Slot

    package private(set) var violations: [String] = []
    /// Message numbers that a handler succeeded with at least once in any life, or that others deleted.
    package private(set) var succeededEver: Set<Int> = []
    /// Message numbers that reached a handler in any life.
    package private(set) var executedEver: Set<Int> = []
    /// The most slots that were at work at the same time.
    package private(set) var busiest = 0

    private var settings: QueueSettings
    // One life.
    private var pace: QueuePaceBook
    /// The largest batch and event since the life began: settings may change while a batch is gathered.
    private var largest: (size: Int, bytes: Int)
    private var slots: [Slot: SlotBook] = [:]
    private var invocations: InvocationOrdinal = 0
    private var requests: RequestOrdinal = 0
    /// A receive found nothing more, and nothing has come since.
    private var isKnownEmpty = false
    private var newsSinceReceive = false
    private var isOver = false

    private struct SlotBook {
        var permit = Permit.missing
        var isReceiving = false
        var limit = 0
        var held: [HeldMessage] = []
        var inFlight: QueueInvocationPlan?
        var latest: QueueInvocationPlan?

        var isIdle: Bool { permit == .missing && !isReceiving && held.isEmpty && inFlight == nil }
    }

    private struct HeldMessage {
        let number: Int
        let bytes: Int
        let group: Int?
        let deadline: Timestamp
        var state = MessageState.waiting
    }

    private enum MessageState { case waiting, succeeded, failed, deleted, left }

    private enum Permit { case missing, asked, held }

    package init(settings: QueueSettings) {
        self.settings = settings
        pace = QueuePaceBook(settings.scaling, now: Timestamp(millisecondsSinceEpoch: 0))
        largest = (settings.batch.size, settings.batch.eventBytes)
    }

    package mutating func note(_ violation: String) { violations.append(violation) }

    private mutating func require(_ holds: Bool, _ promise: String, _ effect: QueueMachine.Effect) {
        if !holds { violations.append("broken: \(promise), by \(effect)") }
    }

    package static func indices(_ selection: MessageSelection) -> [Int] {
        switch selection {
        case .range(let range): Array(range)
        case .some(let indices): indices
        }
    }
}

// MARK: - What the world tells

extension QueueChecker {
    mutating func began(_ settings: QueueSettings, now: Timestamp) {
        self.settings = settings
        pace = QueuePaceBook(settings.scaling, now: now)
        largest = (settings.batch.size, settings.batch.eventBytes)
        slots = [:]
        invocations = 0
        requests = 0
        isKnownEmpty = false
        newsSinceReceive = false
        isOver = false
    }

    /// New settings while the machine runs.
    mutating func adopted(_ settings: QueueSettings, now: Timestamp) {
        self.settings = settings
        pace.adopt(settings.scaling, now: now)
        largest.size = max(largest.size, settings.batch.size)
        largest.bytes = max(largest.bytes, settings.batch.eventBytes)
    }

    mutating func deletedByOthers(_ numbers: [Int]) { succeededEver.formUnion(numbers) }

    mutating func news() {
        isKnownEmpty = false
        newsSinceReceive = true
    }

    mutating func answeredPermit(_ slot: Slot, isGranted: Bool) {
        slots[slot, default: SlotBook()].permit = isGranted ? .held : .missing
    }

    mutating func answeredReceive(
        _ slot: Slot, _ numbers: [Int], _ received: QueueMachine.ReceivedMessages, now: Timestamp
    ) {
        slots[slot, default: SlotBook()].isReceiving = false
        for (number, message) in zip(numbers, received.messages) {
            if let group = message.group, holdsValid(group, besides: slot, now: now) {
                note("two slots hold valid receipts of group \(group)")
            }
            slots[slot, default: SlotBook()].held.append(
                HeldMessage(
                    number: number, bytes: message.encodedBytes, group: message.group,
                    deadline: received.leaseDeadline))
        }
        pace.received(bytes: received.messages.reduce(0) { $0 + $1.encodedBytes })
        isKnownEmpty = !newsSinceReceive && (received.isExhausted || numbers.isEmpty)
    }

    private func holdsValid(_ group: Int, besides slot: Slot, now: Timestamp) -> Bool {
        slots.contains { other, book in
            other != slot
                && book.held.contains {
                    $0.group == group && $0.deadline > now && ($0.state == .waiting || $0.state == .failed)
                }
        }
    }

    /// An invocation reaches the handler: what came before in a group is through, or right before it in the batch.
    mutating func executes(
        _ slot: Slot, _ plan: QueueInvocationPlan, _ numbers: [Int], queue: ModelQueue, now: Timestamp
    ) {
        executedEver.formUnion(numbers)
        var passed: Set<Int> = []
        for number in numbers {
            guard let group = queue.messages[number].group else { return }
            for earlier in 0..<number where queue.messages[earlier].group == group {
                if queue.messages[earlier].place == .waiting, !passed.contains(earlier),
                    !isBeingDeleted(earlier)
                {
                    note("message \(number) overtakes \(earlier) of group \(group)")
                }
            }
            if let last = passed.max(), last > number, queue.messages[last].group == group {
                note("message \(number) comes after \(last) of group \(group) in one batch")
            }
            passed.insert(number)
        }
    }

    /// Its last execution succeeded, and the delete is on its way.
    private func isBeingDeleted(_ number: Int) -> Bool {
        let states = slots.values.flatMap(\.held).filter { $0.number == number }
        return !states.isEmpty && states.allSatisfy { $0.state == .succeeded || $0.state == .deleted }
    }

    /// Only the first answer of an invocation counts.
    mutating func ended(_ slot: Slot, _ invocation: InvocationOrdinal, _ outcome: InvocationOutcome) {
        guard var book = slots[slot], let plan = book.inFlight, plan.invocation == invocation else { return }
        book.inFlight = nil
        for index in plan.messages {
            switch outcome {
            case .succeeded: book.held[index].state = .succeeded
            case .failed: book.held[index].state = .failed
            case .partiallyFailed(let failed):
                let isFailed = failed.contains(index - plan.messages.lowerBound)
                book.held[index].state = isFailed ? .failed : .succeeded
            case .notReached: break
            }
            if book.held[index].state == .succeeded { succeededEver.insert(book.held[index].number) }
        }
        slots[slot] = book
    }
}

// MARK: - What the machine wants

extension QueueChecker {
    mutating func check(_ effect: QueueMachine.Effect, now: Timestamp) {
        require(!isOver, "nothing follows the end", effect)
        switch effect {
        case .requestPermit(let slot):
            require((0..<pace.highestLevel).contains(slot), "slots keep to the limit", effect)
            require(slots[slot]?.permit ?? .missing == .missing, "one permit a slot", effect)
            slots[slot, default: SlotBook()].permit = .asked
        case .releasePermit(let slot):
            require(slots[slot]?.permit == .held, "only a held permit is released", effect)
            slots[slot]?.permit = .missing
        case .receive(let slot, let limit, _, let visibility):
            require(slots[slot]?.permit == .held, "a permit before a receive", effect)
            require(!isKnownEmpty, "an empty queue is not polled", effect)
            require(!slots.values.contains { $0.isReceiving }, "one receive at a time", effect)
            let room = settings.batch.size - (slots[slot]?.held.count ?? 0)
            require(limit > 0 && limit <= room, "a batch keeps to its size", effect)
            require(visibility == settings.receiveVisibility, "the effective visibility is asked for", effect)
            if let broken = pace.polled(limit: limit, now: now) { require(false, broken, effect) }
            slots[slot]?.isReceiving = true
            newsSinceReceive = false
        case .invoke(let slot, let plan): check(slot, plan, effect, now: now)
        case .delete(let slot, let selection): delete(slot, selection, effect)
        case .leave(let slot, let selection, let wasExecuted):
            leave(slot, selection, wasExecuted: wasExecuted, effect)
        case .release(let slot):
            let all = slots[slot]?.held.allSatisfy { $0.state == .deleted || $0.state == .left } ?? false
            require(all && slots[slot]?.inFlight == nil, "only concluded messages are released", effect)
            slots[slot]?.held = []
            slots[slot]?.latest = nil
        case .stopped:
            require(slots.values.allSatisfy { $0.isIdle }, "a stopped machine holds nothing", effect)
            isOver = true
        case .wake, .cancelWake, .explain: break
        }
        busiest = max(busiest, slots.values.count { !$0.isIdle })
    }

    private mutating func check(
        _ slot: Slot, _ plan: QueueInvocationPlan, _ effect: QueueMachine.Effect, now: Timestamp
    ) {
        guard var book = slots[slot], plan.messages.upperBound <= book.held.count else {
            return note("broken: only received messages are invoked, by \(effect)")
        }
        require(book.permit == .held && book.inFlight == nil, "a permit for each invocation", effect)
        require(plan.invocation == invocations + 1, "invocations are counted", effect)
        let carried = book.held[plan.messages]
        require(carried.allSatisfy { $0.state == .waiting }, "concluded messages are not sent again", effect)
        require(carried.allSatisfy { $0.deadline > now }, "expired receipts are not used", effect)
        let atWork = Set(
            slots.values.flatMap { other in other.inFlight?.messages.compactMap { other.held[$0].group } ?? []
            })
        require(
            carried.allSatisfy { $0.group.map { !atWork.contains($0) } ?? true },
            "one batch of a message group at a time", effect)
        let inFlight = slots.values.count { $0.inFlight != nil } + 1
        require(
            inFlight <= pace.highestLevel && inFlight <= pace.level(now: now),
            "the concurrency rises no faster than it may", effect)
        require(
            !carried.isEmpty && carried.count <= largest.size, "a batch keeps to its size", effect)
        let bytes = carried.reduce(settings.batch.envelopeBytes - 1) { $0 + $1.bytes + 1 }
        require(
            carried.count == 1 || bytes <= largest.bytes, "events keep to their bytes", effect)
        if let latest = book.latest, latest.request == plan.request {
            require(plan.isRepeat && plan.messages == latest.messages, "a retry is unchanged", effect)
        } else {
            require(plan.request > 0 && !plan.isRepeat, "new batches have new requests", effect)
        }
        invocations = plan.invocation
        requests = max(requests, plan.request)
        book.permit = .missing
        book.inFlight = plan
        book.latest = plan
        slots[slot] = book
    }

    private mutating func delete(
        _ slot: Slot, _ selection: MessageSelection, _ effect: QueueMachine.Effect
    ) {
        for index in concluded(slot, selection, effect) {
            require(slots[slot]?.held[index].state == .succeeded, "only what succeeded is deleted", effect)
            slots[slot]?.held[index].state = .deleted
        }
    }

    private mutating func leave(
        _ slot: Slot, _ selection: MessageSelection, wasExecuted: Bool, _ effect: QueueMachine.Effect
    ) {
        for index in concluded(slot, selection, effect) {
            let state: MessageState = wasExecuted ? .failed : .waiting
            require(slots[slot]?.held[index].state == state, "what is left was executed or not", effect)
            slots[slot]?.held[index].state = .left
        }
    }

    private mutating func concluded(
        _ slot: Slot, _ selection: MessageSelection, _ effect: QueueMachine.Effect
    ) -> [Int] {
        let indices = Self.indices(selection)
        require(!indices.isEmpty && slots[slot]?.inFlight == nil, "something is concluded", effect)
        return indices
    }
}
