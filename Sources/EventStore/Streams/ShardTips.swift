package import EventModel
import Synchronization

/// The last committed record of every shard, in memory, from any thread.
package final class ShardTips: Sendable {
    private let tips = Mutex<[ShardKey: ShardTip]>([:])

    init() {}

    /// Position 0 at time 0 for a shard that never had a record, or is gone.
    package subscript(shard: ShardKey) -> ShardTip {
        tips.withLock { $0[shard] } ?? ShardTip(position: 0, arrival: Timestamp(millisecondsSinceEpoch: 0))
    }

    func set(_ changed: [ShardKey: ShardTip]) {
        guard !changed.isEmpty else { return }
        tips.withLock { $0.merge(changed) { $1 } }
    }

    func remove(_ shards: [ShardKey]) {
        guard !shards.isEmpty else { return }
        tips.withLock { tips in
            for shard in shards { tips[shard] = nil }
        }
    }
}
