import EventModel
import EventStore
import HTTP
import Synchronization

/// Delivers to HTTP endpoints what waits in the store: a few at a time, and fewer to one endpoint, so that one that
/// hangs does not hold up the others.
///
/// An attempt's end is stored before the next one begins; a crash in between repeats it. Deliveries of one endpoint
/// may overtake each other.
final class WebDeliveries: @unchecked Sendable {
    // Confined to `loop`; only `wake`, `stop` and the atomics are for any thread.
    private let store: EventStore
    private let reader: StoreReader
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (DeliveryEvent) -> Void
    private let isWakePosted = Atomic(false)
    private let isStopped = Atomic(false)

    private var idle: [DeliveryWorker] = []
    private var workers = 0
    private var underWay: [SubscriptionKey: Set<Int64>] = [:]
    /// Whose turn it was last; the next round begins behind it.
    private var lastServed = SubscriptionKey(rawValue: 0)
    private var timer: TimerToken?

    /// Threads that deliver (own choice).
    private static let workersMax = 8
    /// Deliveries under way to one endpoint (own choice).
    private static let perSubscription = 2
    /// Longest sleep while something waits, so that a clock that was moved is noticed.
    private static let longestSleep = Duration.seconds(1)
    /// Time between two looks for subscriptions that nobody confirmed (own choice).
    private static let unconfirmedPause = Duration.seconds(3_600)
    /// Rest after the store failed.
    private static let failurePause = Duration.seconds(1)

    init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        self.report = report
    }

    /// Begins with what an earlier run left. From any thread.
    func start() {
        store.observe { [weak self] changes in
            if changes.topicDeliveries { self?.wake() }
        }
        loop.execute { [weak self] in self?.endUnconfirmed() }
        wake()
    }

    /// From any thread. Attempts under way end as they may; nobody waits for them.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func wake() {
        guard !isWakePosted.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.execute { [weak self] in
            guard let self else { return }
            isWakePosted.store(false, ordering: .releasing)
            dispatch()
        }
    }
}

// MARK: - Subscriptions that nobody confirmed

extension WebDeliveries {
    /// Ends subscriptions whose token is of no use any more, and looks again later.
    private func endUnconfirmed() {
        guard !isStopped.load(ordering: .relaxed) else { return }
        let now = now()
        for subscription in store.catalog.snapshot.webSubscriptions where Self.isOver(subscription, now) {
            end(subscription.key, now)
        }
        _ = loop.schedule(after: Self.unconfirmedPause) { [weak self] in self?.endUnconfirmed() }
    }

    private func end(_ key: SubscriptionKey, _ now: Timestamp) {
        store.submit { writer throws(StoreError) in
            // It may have been confirmed, or asked for again, since the look at the catalog.
            guard let subscription = writer.catalog.subscription(key), Self.isOver(subscription, now) else {
                return
            }
            try writer.unsubscribe(key)
        } completion: { [loop, report] result in
            guard case .failure(let error) = result else { return }
            loop.execute { report(.storeFailed(reason: "\(error)")) }
        }
    }

    private static func isOver(_ subscription: SubscriptionDefinition, _ now: Timestamp) -> Bool {
        guard case .pending(_, let since) = subscription.confirmation else { return false }
        return now - since >= SubscriptionLimits.confirmationLifetime
    }
}

// MARK: - Choosing

extension WebDeliveries {
    private func dispatch() {
        precondition(loop.isCurrent, "deliveries are confined to their loop")
        if let timer { loop.cancel(timer) }
        timer = nil
        guard !isStopped.load(ordering: .relaxed) else { return }
        let all = store.catalog.snapshot.webSubscriptions
        let turn = all.filter { $0.key > lastServed } + all.filter { $0.key <= lastServed }
        var nextDue: Timestamp?
        do throws(StoreError) {
            for subscription in turn where hasWorker {
                guard let due = try serve(subscription) else { continue }
                nextDue = min(nextDue ?? due, due)
            }
        } catch {
            report(.storeFailed(reason: "\(error)"))
            return sleep(Self.failurePause)
        }
        guard let nextDue else { return }
        sleep(min(Self.longestSleep, max(.milliseconds(1), nextDue - now())))
    }

    private func sleep(_ length: Duration) {
        timer = loop.schedule(after: length) { [weak self] in
            self?.timer = nil
            self?.dispatch()
        }
    }

    private var hasWorker: Bool { !idle.isEmpty || workers < Self.workersMax }

    /// Begins what is due for one endpoint, and tells when something else is.
    private func serve(_ subscription: SubscriptionDefinition) throws(StoreError) -> Timestamp? {
        let begun = underWay[subscription.key] ?? []
        var room = Self.perSubscription - begun.count
        guard room > 0 else { return nil }
        let waiting = try reader.deliveries(to: subscription.key, limit: Self.perSubscription + begun.count)
        for delivery in waiting where !begun.contains(delivery.id) {
            guard delivery.due <= now() else { return delivery.due }
            // What waits behind a full endpoint has its turn when an attempt ends.
            guard room > 0, let worker = takeWorker() else { return nil }
            room -= 1
            lastServed = subscription.key
            begin(delivery, to: subscription, on: worker)
        }
        return nil
    }

    private func takeWorker() -> DeliveryWorker? {
        if let worker = idle.popLast() { return worker }
        guard workers < Self.workersMax else { return nil }
        do throws(HTTPError) {
            let worker = try DeliveryWorker()
            workers += 1
            return worker
        } catch {
            report(.storeFailed(reason: "no thread for deliveries: \(error)"))
            return nil
        }
    }
}

// MARK: - Attempts

extension WebDeliveries {
    private func begin(
        _ delivery: TopicDelivery, to subscription: SubscriptionDefinition, on worker: DeliveryWorker
    ) {
        underWay[subscription.key, default: []].insert(delivery.id)
        let policy = subscription.delivery(under: store.catalog.snapshot.topic(subscription.topic))
        let attempt = DeliveryAttempt(
            delivery: delivery, subscription: subscription, contentType: policy.contentType)
        worker.make(attempt) { [loop] result in
            loop.execute { [self] in
                idle.append(worker)
                finish(attempt, result, policy.retry)
                dispatch()
            }
        }
    }

    private func finish(
        _ attempt: DeliveryAttempt, _ result: DeliveryAttempt.Result, _ retry: WebRetryPolicy
    ) {
        let outcome: DeliveryOutcome
        let reason: String
        switch result {
        case .delivered: (outcome, reason) = (.delivered, "")
        case .refused(let why): (outcome, reason) = (.givenUp, why)
        case .failed(let why):
            reason = why
            outcome =
                retry.delay(afterAttempt: attempt.delivery.attempts + 1).map { .retry(at: now() + $0) }
                ?? .givenUp
        }
        let id = attempt.delivery.id
        store.submit { writer throws(StoreError) in
            try writer.finishDelivery(id, outcome)
        } completion: { [loop] stored in
            loop.execute { [self] in ended(attempt, outcome, reason, stored) }
        }
    }

    /// The end of the attempt is stored, or could not be.
    private func ended(
        _ attempt: DeliveryAttempt, _ outcome: DeliveryOutcome, _ reason: String,
        _ stored: Result<Bool, StoreError>
    ) {
        switch stored {
        case .success(let isKept):
            switch outcome {
            case .delivered: report(.delivered(attempt.subscription))
            case .retry: report(.failed(attempt.subscription, reason: reason))
            case .givenUp:
                report(.givenUp(attempt.subscription, reason: reason, isInDeadLetterQueue: isKept))
            }
            release(attempt)
        case .failure(let error):
            report(.storeFailed(reason: "\(error)"))
            // It will be made again, but not at once: a full disk stays full for a while.
            _ = loop.schedule(after: Self.failurePause) { [weak self] in self?.release(attempt) }
        }
    }

    private func release(_ attempt: DeliveryAttempt) {
        let key = attempt.subscription.key
        underWay[key]?.remove(attempt.delivery.id)
        if underWay[key]?.isEmpty == true { underWay[key] = nil }
        dispatch()
    }
}
