package import EventModel

/// What shards take and give a second, when that is limited (sources-api.md B3, B4): 1 MB and 1,000 records written,
/// 2 MB and 5 calls of GetRecords read, 5 calls of GetShardIterator.
///
/// A value without a clock. What was not used is kept for one second, so a burst after a pause passes.
package struct ShardThrottle: Sendable {
    private var shards: [ShardKey: ShardAllowance] = [:]

    /// Shards that are remembered before the rested ones are forgotten; a rested shard is as good as an unknown one.
    private static let rememberedShards = 4_096

    package init() {}

    /// Whether a record may be written now; it counts if so.
    ///
    /// - Parameter bytes: Data and partition key together.
    package mutating func write(_ bytes: Int, to shard: ShardKey, now: Timestamp) -> Bool {
        change(shard) { allowance in
            guard allowance.recordsIn.has(1, now: now), allowance.bytesIn.has(bytes, now: now) else {
                return false
            }
            allowance.recordsIn.take(1)
            allowance.bytesIn.take(bytes)
            return true
        }
    }

    /// Whether GetRecords may be called now; the call counts if so.
    package mutating func read(from shard: ShardKey, now: Timestamp) -> Bool {
        change(shard) { allowance in
            guard allowance.reads.has(1, now: now), allowance.bytesOut.has(1, now: now) else { return false }
            allowance.reads.take(1)
            return true
        }
    }

    /// Counts what a call has read. Ten megabytes at once are waited for in full: five seconds.
    package mutating func noteRead(_ bytes: Int, from shard: ShardKey) {
        change(shard) { $0.bytesOut.takeOrOwe(bytes) }
    }

    /// Whether GetShardIterator may be called now; the call counts if so.
    package mutating func makeIterator(of shard: ShardKey, now: Timestamp) -> Bool {
        change(shard) { allowance in
            guard allowance.iterators.has(1, now: now) else { return false }
            allowance.iterators.take(1)
            return true
        }
    }

    private mutating func change<T>(_ shard: ShardKey, _ body: (inout ShardAllowance) -> T) -> T {
        if shards[shard] == nil, shards.count >= Self.rememberedShards {
            shards = shards.filter { !$0.value.isRested }
        }
        return body(&shards[shard, default: ShardAllowance()])
    }
}

private struct ShardAllowance: Sendable {
    var recordsIn = Allowance(perSecond: 1_000)
    var bytesIn = Allowance(perSecond: 1_048_576)
    var reads = Allowance(perSecond: 5)
    var bytesOut = Allowance(perSecond: 2_097_152)
    var iterators = Allowance(perSecond: 5)

    var isRested: Bool {
        recordsIn.isFull && bytesIn.isFull && reads.isFull && bytesOut.isFull && iterators.isFull
    }
}

/// So much a second, and at most one second's worth at once; counted in thousandths, so that nothing is rounded.
private struct Allowance: Sendable {
    private let perSecond: Int
    private var thousandths: Int
    private var at = Timestamp(millisecondsSinceEpoch: 0)

    init(perSecond: Int) {
        self.perSecond = perSecond
        thousandths = perSecond * 1_000
    }

    var isFull: Bool { thousandths == perSecond * 1_000 }

    /// Whether there is enough. What is more than a second's worth passes when nothing was taken for a second.
    mutating func has(_ amount: Int, now: Timestamp) -> Bool {
        let elapsed = min(max(0, (now - at).wholeMilliseconds), 3_600_000)
        // A clock that was set back must not stop the refill until it is where it was.
        at = now
        thousandths = min(perSecond * 1_000, thousandths + Int(elapsed) * perSecond)
        return thousandths >= amount * 1_000 || isFull
    }

    mutating func take(_ amount: Int) { thousandths -= amount * 1_000 }

    /// Takes what there is; when that is not enough, the whole amount has to come back first.
    mutating func takeOrOwe(_ amount: Int) {
        thousandths = amount * 1_000 <= thousandths ? thousandths - amount * 1_000 : -amount * 1_000
    }
}
