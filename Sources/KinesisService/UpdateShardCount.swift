import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    /// AWS allows this ten times a day for a stream; like its rates of calls, that is not enforced (decision 0050).
    func updateShardCount(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let target = try arguments.int("TargetShardCount")
        let scaling = try arguments.string("ScalingType")
        var constraints = Constraints()
        constraints.required(target != nil, "targetShardCount")
        constraints.range(target, at: "targetShardCount", 1...Int.max)
        constraints.required(scaling != nil, "scalingType")
        constraints.choice(scaling, at: "scalingType", ["UNIFORM_SCALING"])
        try constraints.check()
        let count = target ?? 0
        change(try stream(of: arguments, call), call) { stream throws(AWSError) in
            try stream.checkProvisioned()
            let open = stream.shards.count(where: \.isOpen)
            guard count <= KinesisLimits.shardsOfStream else {
                throw .shardLimit(count - open, stream.location)
            }
            guard count <= 2 * open else { throw .scaling("up over double", open, count) }
            guard 2 * count >= open else { throw .scaling("down below half", open, count) }
            return .shardCount(count)
        } then: { before in
            var json = JSONWriter()
            json.beginObject()
            json.key("StreamName")
            json.value(before.name)
            json.key("CurrentShardCount")
            json.value(before.shards.count(where: \.isOpen))
            json.key("TargetShardCount")
            json.value(count)
            json.key("StreamARN")
            json.value(before.arn.description)
            json.endObject()
            call.succeed(json: json.bytes)
        }
    }
}

extension AWSError {
    fileprivate static func scaling(_ bound: String, _ open: Int, _ target: Int) -> AWSError {
        AWSError(
            "LimitExceededException",
            "UpdateShardCount cannot scale \(bound) your current open shard count. "
                + "Current open shard count: \(open), Target shard count: \(target)")
    }
}
