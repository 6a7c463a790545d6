import AWSWire
import EventModel
import EventStore
import HTTP
import Synchronization

/// All subscriptions of a service: at most one for a consumer and a shard.
///
/// Confined to the service's loop, but for `noteCommit`.
final class ShardSubscriptions: @unchecked Sendable {
    // Unchecked for what is confined to the loop; `waiting` and `count` are for any thread.
    struct Key: Hashable {
        let streamARN: ARN
        let consumer: String
        let creationSecond: Int64
        let shard: ShardKey
    }

    /// How long after a successful call another one is refused (Kinesis API reference, `SubscribeToShard`).
    private static let pause = Duration.seconds(5)
    /// Successful calls that are remembered before the old ones are forgotten.
    private static let rememberedCalls = 1_024

    private let store: EventStore
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private var running: [Key: ShardSubscription] = [:]
    private var timers: [Key: TimerToken] = [:]
    private var calledAt: [Key: Timestamp] = [:]
    /// Lets the writer thread pass by while nobody is subscribed.
    let count = Atomic<Int>(0)
    private let waiting = Mutex(Waiting())

    private struct Waiting {
        var shards: Set<ShardKey> = []
        var hasNewDefinitions = false
        var isEmpty: Bool { shards.isEmpty && !hasNewDefinitions }
    }

    init(_ store: EventStore, _ loop: EventLoop, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.loop = loop
        self.now = now
    }
}

// MARK: - Coming and going

extension ShardSubscriptions {
    /// Whether a call comes too soon after the last successful one.
    func isTooSoon(_ key: Key) -> Bool {
        guard let last = calledAt[key] else { return false }
        // With a clock that was set back the last call may lie in the future.
        return (.zero..<Self.pause).contains(now() - last)
    }

    /// Takes the place of the subscription there is, if there is one.
    func start(_ subscription: ShardSubscription, as key: Key, _ writer: HTTPStreamWriter) {
        let now = now()
        if calledAt.count >= Self.rememberedCalls {
            calledAt = calledAt.filter { (.zero..<Self.pause).contains(now - $0.value) }
        }
        calledAt[key] = now
        if let former = running[key] {
            former.fail(.otherSubscription(key.shard, former.consumer, store.catalog.snapshot))
            remove(key)
        }
        running[key] = subscription
        count.add(1, ordering: .releasing)
        writer.onDisconnect { [weak self, weak subscription] in
            guard let self, let subscription, running[key] === subscription else { return }
            remove(key)
        }
        writer.onDrain { [weak self, weak subscription] in
            guard let self, let subscription, running[key] === subscription else { return }
            subscription.drained()
            advance(key)
        }
        advance(key)
    }

    /// Ends all of them in order, for a daemon that stops.
    func finishAll() {
        for (key, subscription) in running {
            subscription.finish()
            remove(key)
        }
    }

    private func remove(_ key: Key) {
        guard running.removeValue(forKey: key) != nil else { return }
        count.subtract(1, ordering: .releasing)
        if let timer = timers.removeValue(forKey: key) { loop.cancel(timer) }
    }

    private func advance(_ key: Key) {
        guard let subscription = running[key] else { return }
        if let timer = timers.removeValue(forKey: key) { loop.cancel(timer) }
        switch subscription.advance(store.catalog.snapshot, now: now()) {
        case .over: remove(key)
        // Others have their turn before.
        case .again: schedule(key, after: .zero)
        case .wait(let length): schedule(key, after: length)
        }
    }

    private func schedule(_ key: Key, after length: Duration) {
        timers[key] = loop.schedule(after: length) { [weak self] in
            self?.timers[key] = nil
            self?.advance(key)
        }
    }
}

// MARK: - News

extension ShardSubscriptions {
    /// Takes over what a commit made readable. On the writer thread.
    func noteCommit(_ changes: CommittedChanges) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let isFirst = waiting.withLock { waiting in
            let wasEmpty = waiting.isEmpty
            waiting.shards.formUnion(changes.shards)
            waiting.hasNewDefinitions = waiting.hasNewDefinitions || changes.definitionsChanged
            return wasEmpty && !waiting.isEmpty
        }
        if isFirst { loop.execute { [self] in takeNews() } }
    }

    private func takeNews() {
        let news = waiting.withLock { waiting in
            let taken = waiting
            waiting = Waiting()
            return taken
        }
        let concerned = running.keys.filter { news.hasNewDefinitions || news.shards.contains($0.shard) }
        for key in concerned { advance(key) }
    }
}

extension AWSError {
    /// As KCL's users quote it.
    static func otherSubscription(
        _ shard: ShardKey, _ consumer: ConsumerReference, _ catalog: CatalogSnapshot
    ) -> AWSError {
        let shardID = catalog.stream(of: shard)?.shard(shard)?.id ?? ""
        return AWSError(
            "ResourceInUseException",
            "Another active subscription exists for this consumer: \(consumer.location.account):"
                + "\(consumer.streamName):\(shardID):\(consumer.consumerName)")
    }
}
