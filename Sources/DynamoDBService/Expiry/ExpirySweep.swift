import AWSWire
import EventModel
import EventStore
import HTTP

/// Looks for items past their time to live and deletes them, a few at a time, so that calls never wait long for it.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
final class ExpirySweep: @unchecked Sendable {
    /// Items looked at in one step, and their stored bytes, behind which it ends.
    private static let itemsPerStep = 256
    private static let bytesPerStep = 1_048_576
    /// Between two steps of one walk over the tables.
    private static let stepPause = Duration.milliseconds(20)
    /// Between two walks. DynamoDB promises a few days.
    private static let lapPause = Duration.seconds(5)

    /// Told the table that could not be read or written just now; the next walk tries it again. Any thread.
    typealias FailureReport = @Sendable (_ tableName: String, StoreError) -> Void

    private let store: EventStore
    private let reader: StoreReader
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private let onFailure: FailureReport
    private var isScheduled = false
    /// Tables that this walk has yet to visit; the last one is being visited.
    private var tables: [TableKey] = []
    private var nextKey: [UInt8] = []

    init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping FailureReport
    ) {
        self.onFailure = onFailure
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
    }

    /// Walks from now on, until no table has a time to live any more.
    func start() {
        precondition(loop.isCurrent, "the sweep runs on its loop")
        guard !isScheduled, !store.catalog.snapshot.expiringTables.isEmpty else { return }
        schedule(after: Self.stepPause)
    }

    private func schedule(after pause: Duration) {
        isScheduled = true
        loop.schedule(after: pause) { [weak self] in
            self?.step { [weak self] in self?.goOn() }
        }
    }

    private func goOn() {
        isScheduled = false
        guard tables.isEmpty else {
            schedule(after: Self.stepPause)
            return
        }
        guard !store.catalog.snapshot.expiringTables.isEmpty else { return }
        schedule(after: Self.lapPause)
    }

    /// Looks at some items and deletes those that are over; begins a new walk when the last one is done.
    ///
    /// - Parameter completion: Runs on the loop when the deletions are committed.
    func step(completion: @escaping @Sendable () -> Void) {
        precondition(loop.isCurrent, "the sweep runs on its loop")
        if tables.isEmpty {
            tables = store.catalog.snapshot.expiringTables.map(\.key)
            nextKey = []
        }
        let catalog = store.catalog.snapshot
        guard let key = tables.last, let table = catalog.table(key), let attribute = table.timeToLiveAttribute
        else {
            leaveTable()
            completion()
            return
        }
        let timeToLive = TimeToLive(
            attribute: attribute, nowSeconds: Int(now().millisecondsSinceEpoch / 1_000))
        let writes: [ItemWrite]
        do {
            writes = try expired(in: table, timeToLive)
        } catch {
            // It is passed over; the next walk tries again.
            onFailure(table.name, error)
            writes = []
        }
        guard !writes.isEmpty else {
            completion()
            return
        }
        store.submit { writer throws(StoreError) in
            guard writer.catalog.table(key)?.timeToLiveAttribute == attribute else { return }
            var prepared: [PreparedWrite] = []
            for write in writes {
                guard case .success(let ready) = try write.prepare(on: writer) else { continue }
                prepared.append(ready)
            }
            for ready in prepared { try ready.perform(on: writer) }
        } completion: { [loop, onFailure] result in
            // What could not be deleted is found again by the next walk.
            if case .failure(let error) = result { onFailure(table.name, error) }
            loop.execute(completion)
        }
    }

    private func leaveTable() {
        _ = tables.popLast()
        nextKey = []
    }

    /// Deletions for what is over among the next items; moves on behind them.
    private func expired(
        in table: TableDefinition, _ timeToLive: TimeToLive
    ) throws(StoreError) -> [ItemWrite] {
        var seen: [(key: [UInt8], item: [UInt8])] = []
        var bytes = 0
        var isAtEnd = true
        do throws(StoreError) {
            try reader.items(in: table.key, ItemKeyRange(from: nextKey)) { key, item in
                seen.append(
                    (key.withUnsafeBufferPointer { Array($0) }, item.withUnsafeBufferPointer { Array($0) }))
                bytes += item.count
                isAtEnd = seen.count < Self.itemsPerStep && bytes < Self.bytesPerStep
                return isAtEnd
            }
        } catch {
            leaveTable()
            throw error
        }
        if let last = seen.last, !isAtEnd {
            nextKey = ItemKeyRange.behind(last.key)
        } else {
            leaveTable()
        }
        var writes: [ItemWrite] = []
        for (_, stored) in seen {
            let item = try AttributeMap(stored: stored)
            guard timeToLive.isOver(for: item) else { continue }
            do {
                writes.append(ItemWrite(.expire(timeToLive), try ItemKey(in: item, of: table), in: table.key))
            } catch {
                throw .corrupt("an item of table \(table.name) has no key: \(error.message)")
            }
        }
        return writes
    }
}
