import AWSWire
import EventModel
import EventStore

extension KinesisService {
    func mergeShards(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let first = try arguments.string("ShardToMerge")
        let second = try arguments.string("AdjacentShardToMerge")
        var constraints = Constraints()
        constraints.required(first != nil, "shardToMerge")
        constraints.name(first, at: "shardToMerge")
        constraints.required(second != nil, "adjacentShardToMerge")
        constraints.name(second, at: "adjacentShardToMerge")
        try constraints.check()
        let (name, otherName) = (first ?? "", second ?? "")
        change(try stream(of: arguments, call), call) { stream throws(AWSError) in
            try stream.checkProvisioned()
            let shard = try stream.reshardable(name)
            let other = try stream.reshardable(otherName)
            guard shard.hashKeys.touches(other.hashKeys) else { throw .notAdjacent(name, otherName, stream) }
            return .merge(shard.key, with: other.key)
        } then: { _ in
            call.succeed()
        }
    }
}
