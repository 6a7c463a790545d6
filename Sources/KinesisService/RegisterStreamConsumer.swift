import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    /// A consumer is active as soon as it is registered; the answer says `CREATING`, as AWS's does.
    func registerStreamConsumer(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let arn = try arguments.string("StreamARN")
        let name = try arguments.string("ConsumerName")
        let tags = try arguments.tags("Tags")
        var constraints = Constraints()
        constraints.required(arn != nil, "streamARN")
        constraints.required(name != nil, "consumerName")
        constraints.name(name, at: "consumerName")
        constraints.tags(tags, at: "tags", isRequired: false)
        try constraints.check()
        let wanted = name ?? ""
        change(try stream(name: nil, arn: arn, call), call) {
            stream, now throws(AWSError) -> Registration in
            let account = stream.location.account
            guard !stream.settings.consumers.contains(where: { $0.name == wanted }) else {
                throw AWSError(
                    "ResourceInUseException",
                    "Consumer \(wanted) under stream \(stream.name), account \(account) already exists.")
            }
            guard stream.settings.consumers.count < KinesisLimits.consumersOfStream else {
                throw AWSError(
                    "LimitExceededException",
                    "Stream \(stream.name) under account \(account) has \(KinesisLimits.consumersOfStream) "
                        + "registered consumers, which is the limit.")
            }
            var consumer = StreamConsumer(name: wanted, createdAt: now)
            try TagRules.add(tags ?? [], to: &consumer.tags, of: "consumer \(wanted)", account)
            stream.settings.consumers.append(consumer)
            return Registration(stream: stream, consumer: consumer)
        } then: { registration in
            call.succeed(json: registration.json)
        }
    }
}

private struct Registration: Sendable {
    let stream: StreamDefinition
    let consumer: StreamConsumer

    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("Consumer")
        json.beginObject()
        json.consumer(consumer, of: stream, status: "CREATING")
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
