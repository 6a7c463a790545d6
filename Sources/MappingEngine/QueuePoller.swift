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
    var encoder: MessageEncoder
    /// For how long received messages are hidden.
    var visibility: Duration
    private(set) var machine: QueueMachine
    var slots: [Slot] = []
    /// Of a FIFO queue: groups of which messages are held.
    var groups = GroupOrdinals()
    var lag = LagEstimate()
    var lastError: String?
    var isWaitingForPermit = false
    var isWaitingForFunction = false
    var decisions: [Decision] = []
    /// Filtered messages that no decision has told of yet, and when one last did.
    var filteredUntold: (count: Int, told: Timestamp?) = (0, nil)
    let permits = PermitHolder()
    /// Receives, deletes and settlements that the store has not answered.
    var commitsUnderWay = 0
    var settledCount: Int64 = 0
    /// What the last receive took, so that the next one need not grow its array step by step.
    var lastReceiveBytes = 0
    /// Fires when the next hidden or delayed message may be received.
    var visibleTimer: TimerToken?

    private(set) lazy var mover = makeMover()
    private var inbox: [QueueMachine.Input] = []
    private var effects: [QueueMachine.Effect] = []
    private var isStepping = false
    private var wake: TimerToken?
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
        if isRunning { step(.messagesMayBeAvailable) }
    }

    func functionMayBeReachable() {
        guard isWaitingForFunction, isRunning else { return }
        isWaitingForFunction = false
        step(.permitMayBeFree)
    }

    /// Goes on with other settings; what was received is kept.
    func adopt(_ settings: QueueSettings) {
        guard isRunning, settings != machine.settings else { return }
        encoder = MessageEncoder(
            source: runner.mapping.source, hasBatchingWindow: settings.batch.window > .zero)
        visibility = settings.receiveVisibility ?? settings.queueVisibility
        step(.settingsChanged(settings))
    }

    func stop(_ completion: @escaping () -> Void) {
        precondition(context.loop.isCurrent && onEnd == nil, "a poller is stopped once, on its loop")
        onEnd = completion
        cancel(&visibleTimer)
        step(.stop)
    }

    /// False from the moment on when it was told to stop.
    var isRunning: Bool { onEnd == nil && !hasStopped }
    var isStopped: Bool { hasStopped }
}

// MARK: - Stepping

extension QueuePoller {
    func step(_ input: QueueMachine.Input) {
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
        case .release(let slot): release(slot)
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

    func release(_ slot: Int) {
        for group in slots[slot].groups { groups.release(group) }
        slots[slot].clear()
    }

    func cancel(_ timer: inout TimerToken?) {
        if let token = timer { context.loop.cancel(token) }
        timer = nil
    }

    /// Calls back once the machine has stopped and the store has answered everything.
    func endIfSettled() {
        guard hasStopped, commitsUnderWay == 0, let action = onEnd else { return }
        onEnd = nil
        action()
    }
}

// MARK: - Lag

extension QueuePoller {
    /// For a queue, what was settled plays the checkpoint and what is settled or there plays the tip.
    func observeLag(now: Timestamp) {
        let counters = context.store.leases.counters(of: queue.key, now: now)
        lag.observe(
            tip: settledCount + Int64(counters.visible + counters.inFlight), checkpoint: settledCount,
            now: now)
    }
}
