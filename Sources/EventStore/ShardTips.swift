package import EventModel

/// The last committed record of every shard, in memory, from any thread.
package final class ShardTips: Sendable {
    init() {}

    package subscript(shard: ShardKey) -> ShardTip { fatalError("pending") }
}
