import AWSWire
import ByteCoding
import EventModel
import EventStore

// MARK: - Finding consumers

extension KinesisService {
    private static let consumerPattern =
        #"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+"#

    /// The consumer that an ARN names, in a stream that is there.
    func consumer(
        _ reference: ConsumerReference, _ arn: ARN
    ) throws(AWSError) -> (StreamDefinition, StreamConsumer) {
        guard let stream = store.catalog.stream(reference.streamARN),
            let consumer = reference.consumer(of: stream)
        else { throw .consumerNotFound(arn.description, reference.location.account) }
        return (stream, consumer)
    }

    /// The consumer that `ConsumerARN` names.
    func consumer(arn text: String?) throws(AWSError) -> (StreamDefinition, StreamConsumer) {
        var constraints = Constraints()
        constraints.required(text != nil, "consumerARN")
        let arn = text.flatMap { ARN($0) }
        let reference = arn.flatMap { ConsumerReference($0) }
        if let text, reference == nil {
            constraints.note(
                text, at: "consumerARN",
                "Member must satisfy regular expression pattern: \(Self.consumerPattern)")
        }
        try constraints.check()
        guard let arn, let reference else { throw .invalidArgument("ConsumerARN must be given.") }
        return try consumer(reference, arn)
    }

    /// The consumer that a call names by its ARN, by the stream's ARN and its name, or by all three.
    func consumer(of arguments: CallArguments, _ call: ServiceCall) throws(AWSError) -> (
        StreamDefinition, StreamConsumer
    ) {
        let name = try arguments.string("ConsumerName")
        let streamARN = try arguments.string("StreamARN")
        var constraints = Constraints()
        constraints.name(name, at: "consumerName")
        try constraints.check()
        if let text = try arguments.string("ConsumerARN") {
            let (stream, consumer) = try consumer(arn: text)
            guard name == nil || name == consumer.name,
                streamARN == nil || streamARN == stream.arn.description
            else {
                throw .invalidArgument(
                    "ConsumerARN \(text) is not that of the consumer that StreamARN and ConsumerName name.")
            }
            return (stream, consumer)
        }
        guard let name, let streamARN else {
            throw .invalidArgument(
                "Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
        }
        let stream = try stream(name: nil, arn: streamARN, call)
        guard let consumer = stream.settings.consumers.first(where: { $0.name == name }) else {
            throw .consumerNotFound(name, stream.location.account)
        }
        return (stream, consumer)
    }
}

extension JSONWriter {
    mutating func consumer(_ consumer: StreamConsumer, of stream: StreamDefinition, status: String) {
        key("ConsumerName")
        value(consumer.name)
        key("ConsumerARN")
        value(consumer.arn(in: stream).description)
        key("ConsumerStatus")
        value(status)
        key("ConsumerCreationTimestamp")
        value(thousandths: consumer.createdAt.millisecondsSinceEpoch)
    }
}
