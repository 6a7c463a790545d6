import EventModel

/// A stream on its way through splits and merges, before anything of it is written.
struct ReshardDraft {
    private(set) var stream: StreamDefinition
    /// Shards of the stream before the draft; those behind them are new.
    let knownShards: Int
    /// Places in `stream.shards` of known shards that are closed.
    private(set) var closed: [Int] = []
    private let now: Timestamp
    private let endings: [ShardKey: Position]
    private var nextKey: Int64

    /// - Parameters:
    ///   - firstKey: Of the shards that are made.
    ///   - endings: The last positions of shards that may be closed.
    init(_ stream: StreamDefinition, firstKey: Int64, endings: [ShardKey: Position], now: Timestamp) {
        self.stream = stream
        knownShards = stream.shards.count
        nextKey = firstKey
        self.endings = endings
        self.now = now
    }

    var newShards: ArraySlice<ShardDefinition> { stream.shards[knownShards...] }

    /// - Parameter hashKey: Inside the shard's range, but not its first key.
    mutating func split(_ place: Int, at hashKey: UInt128) {
        let parent = close(place)
        add(parent, nil, HashKeyRange(start: parent.hashKeys.start, end: hashKey - 1))
        add(parent, nil, HashKeyRange(start: hashKey, end: parent.hashKeys.end))
    }

    /// - Parameter adjacent: Touches the other one on either side.
    mutating func merge(_ place: Int, with adjacent: Int) {
        let parent = close(place)
        let other = close(adjacent)
        add(
            parent, other,
            HashKeyRange(
                start: min(parent.hashKeys.start, other.hashKeys.start),
                end: max(parent.hashKeys.end, other.hashKeys.end)))
    }

    mutating func rollOver(_ place: Int) {
        let parent = close(place)
        add(parent, nil, parent.hashKeys)
    }

    private mutating func close(_ place: Int) -> ShardDefinition {
        precondition(stream.shards[place].isOpen, "a shard is closed once")
        stream.shards[place].endingPosition = endings[stream.shards[place].key] ?? 0
        if place < knownShards { closed.append(place) }
        return stream.shards[place]
    }

    private mutating func add(
        _ parent: ShardDefinition, _ adjacent: ShardDefinition?, _ hashKeys: HashKeyRange
    ) {
        // The newest shard is never forgotten before its children, so its number is the highest ever given.
        let index = (stream.shards.last?.index ?? -1) + 1
        stream.shards.append(
            ShardDefinition(
                key: ShardKey(rawValue: nextKey), index: index, id: shardID(index), parent: parent.key,
                adjacentParent: adjacent?.key, hashKeys: hashKeys, createdAt: now))
        nextKey += 1
    }

    private func shardID(_ index: Int) -> String {
        switch stream.kind {
        case .kinesis: ShardName.kinesis(index)
        case .table(let table, _, _, _): ShardName.table(table, createdAt: now, index: index)
        }
    }
}

/// The names of shards on the wire.
enum ShardName {
    /// `shardId-` and twelve digits.
    static func kinesis(_ index: Int) -> String {
        let digits = String(index)
        return "shardId-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    /// `shardId-`, twenty digits of the creation's millisecond, and eight hexadecimal ones that tell tables apart, and
    /// shards that were made in one millisecond.
    static func table(_ table: TableKey, createdAt: Timestamp, index: Int) -> String {
        let digits = String(createdAt.millisecondsSinceEpoch)
        let secret = UInt64(createdAt.millisecondsSinceEpoch) ^ UInt64(index) << 48
        let id = MessageID(row: table.rawValue, secret: secret)
        let time = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
        return "shardId-\(time)-\(id.description.prefix(8))"
    }
}
