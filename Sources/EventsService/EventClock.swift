import EventModel
import EventStore
import HTTP
import Synchronization

/// Fires scheduled rules and offers events again whose time has come: asks the store what is next, sleeps until then.
///
/// All that matters is in the store, in the commit that fires; so a crash at any moment neither loses nor repeats one.
final class EventClock: @unchecked Sendable {
    // Confined to `loop`; only `start`, `wake`, `stop` and the atomics are for any thread.
    private let store: EventStore
    private let reader: StoreReader
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (String) -> Void
    private let isWakePosted = Atomic(false)
    private let isStopped = Atomic(false)
    private var timer: TimerToken?
    private var isFiring = false

    /// Longest sleep while something waits, so that a clock that was moved is noticed.
    private static let longestSleep = Duration.seconds(1)
    /// Rest after the store failed.
    private static let failurePause = Duration.seconds(1)
    /// Rules, and events, of one operation, so that others have their turn.
    private static let perOperation = 100
    /// Moments that a start finds missed by less than this are made up: a restart is not an outage (own choice).
    private static let grace = Duration.seconds(60)

    init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        self.report = report
    }

    /// Passes over what was missed while nobody was there, and begins. From any thread.
    func start() {
        store.observe { [weak self] changes in
            if changes.eventSchedule { self?.wake() }
        }
        loop.execute { [weak self] in self?.passOverMissed() }
    }

    /// From any thread.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func passOverMissed() {
        isFiring = true
        store.submit { writer throws(StoreError) in
            try writer.passOverMissedSchedules(olderThan: Self.grace)
            return 0
        } completion: { [loop] result in
            loop.execute { [weak self] in self?.fired(result) }
        }
    }

    private func wake() {
        guard !isWakePosted.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.execute { [weak self] in
            guard let self else { return }
            isWakePosted.store(false, ordering: .releasing)
            look()
        }
    }

    private func look() {
        precondition(loop.isCurrent, "the clock of events is confined to its loop")
        guard !isFiring, !isStopped.load(ordering: .relaxed) else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        do throws(StoreError) {
            guard let due = try reader.nextEventDue() else { return }
            let wait = due - now()
            guard wait > .zero else { return fire() }
            sleep(min(Self.longestSleep, wait))
        } catch {
            report("scheduled rules cannot be read: \(error)")
            sleep(Self.failurePause)
        }
    }

    private func sleep(_ length: Duration) {
        timer = loop.schedule(after: max(length, .milliseconds(1))) { [weak self] in
            self?.timer = nil
            self?.look()
        }
    }

    private func fire() {
        isFiring = true
        store.submit { writer throws(StoreError) in
            let fired = try writer.fireEventSchedules(limit: Self.perOperation)
            return try fired + writer.retryEvents(limit: Self.perOperation)
        } completion: { [loop] result in
            loop.execute { [weak self] in self?.fired(result) }
        }
    }

    private func fired(_ result: Result<Int, StoreError>) {
        isFiring = false
        switch result {
        case .success: look()
        case .failure(let error):
            guard !isStopped.load(ordering: .relaxed) else { return }
            report("scheduled rules cannot fire: \(error)")
            sleep(Self.failurePause)
        }
    }
}
