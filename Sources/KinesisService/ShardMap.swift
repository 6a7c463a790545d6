import EventModel

/// Finds the open shard of a hash key, and writes what records of a shard are called on the wire.
struct ShardMap: Sendable {
    struct Route: Sendable {
        let shard: ShardKey
        let end: UInt128
        let id: [UInt8]
        let numbers: SequenceNumber
    }

    /// The open shards in the order of their hash keys.
    private let routes: [Route]
    private let places: [ShardKey: Int]

    init(of stream: StreamDefinition) {
        routes = stream.shards.filter(\.isOpen)
            .sorted { $0.hashKeys.start < $1.hashKeys.start }
            .map { shard in
                Route(
                    shard: shard.key, end: shard.hashKeys.end, id: Array(shard.id.utf8),
                    numbers: SequenceNumber(shard: shard, of: stream))
            }
        places = Dictionary(uniqueKeysWithValues: routes.enumerated().map { ($1.shard, $0) })
    }

    /// `nil` only when the stream has no open shard for the key, which a stream that is not being deleted never has.
    func route(of hashKey: UInt128) -> Route? {
        var low = 0
        var high = routes.count
        while low < high {
            let middle = (low + high) / 2
            if routes[middle].end < hashKey { low = middle + 1 } else { high = middle }
        }
        return low < routes.count ? routes[low] : nil
    }

    func route(of shard: ShardKey) -> Route? { places[shard].map { routes[$0] } }
}
