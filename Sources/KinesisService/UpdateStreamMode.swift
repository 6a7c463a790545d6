import AWSWire
import EventModel
import EventStore

extension KinesisService {
    func updateStreamMode(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        try arguments.refuse(["WarmThroughputMiBps"], of: "UpdateStreamMode")
        let arn = try arguments.string("StreamARN")
        let details = try arguments.object("StreamModeDetails")
        let mode = try details?.string("StreamMode")
        var constraints = Constraints()
        constraints.required(arn != nil, "streamARN")
        constraints.required(details != nil, "streamModeDetails")
        if details != nil { constraints.required(mode != nil, "streamModeDetails.streamMode") }
        constraints.choice(mode, at: "streamModeDetails.streamMode", KinesisLimits.streamModes)
        try constraints.check()
        let stream = try stream(name: nil, arn: arn, call)
        let isOnDemand = mode == "ON_DEMAND"
        submit(call) { writer throws(StoreError) -> AWSError? in
            guard var stored = writer.catalog.stream(stream.key) else {
                return .streamNotFound(stream.name, stream.location.account)
            }
            guard stored.isOnDemand != isOnDemand else { return nil }
            let streams = writer.catalog.kinesisStreams(in: stream.location)
            if isOnDemand, streams.count(where: \.isOnDemand) >= KinesisLimits.onDemandStreams {
                return .onDemandLimit(stream.location)
            }
            stored.kind = .kinesis(isOnDemand: isOnDemand)
            try writer.updateStream(stored)
            return nil
        } then: { refusal in
            if let refusal { call.fail(refusal) } else { call.succeed() }
        }
    }
}
