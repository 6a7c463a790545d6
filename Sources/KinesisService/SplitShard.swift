import AWSWire
import EventModel
import EventStore

extension KinesisService {
    func splitShard(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let shardID = try arguments.string("ShardToSplit")
        let text = try arguments.string("NewStartingHashKey")
        var constraints = Constraints()
        constraints.required(shardID != nil, "shardToSplit")
        constraints.name(shardID, at: "shardToSplit")
        constraints.required(text != nil, "newStartingHashKey")
        constraints.hashKey(text, at: "newStartingHashKey")
        try constraints.check()
        let (name, hashKeyText) = (shardID ?? "", text ?? "")
        change(try stream(of: arguments, call), call) { stream throws(AWSError) in
            try stream.checkProvisioned()
            let shard = try stream.reshardable(name)
            try stream.checkRoom(forShards: 1)
            // AWS leaves each child at least two hash keys.
            guard let hashKey = UInt128(hashKeyText), shard.hashKeys.start < .max - 1,
                hashKey > shard.hashKeys.start + 1, hashKey < shard.hashKeys.end
            else { throw .badSplit(hashKeyText, shard, stream) }
            return .split(shard.key, at: hashKey)
        } then: { _ in
            call.succeed()
        }
    }
}

extension Constraints {
    /// A number of up to 39 digits without zeros in front.
    mutating func hashKey(_ value: String?, at member: String) {
        guard let value else { return }
        let isNumber = value.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let isShort = (1...39).contains(value.utf8.count)
        if !isNumber || !isShort || (value.hasPrefix("0") && value != "0") {
            note(
                value, at: member,
                "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})")
        }
    }
}
