import AWSWire
import EventModel

extension KinesisService {
    func deregisterStreamConsumer(_ call: ServiceCall) throws(AWSError) {
        let (stream, consumer) = try consumer(of: try CallArguments(parsing: call.body), call)
        change(stream, call) { stream, _ throws(AWSError) in
            // The same name registered at the same second is the same consumer, as its ARN says.
            guard
                let index = stream.settings.consumers.firstIndex(where: {
                    $0.name == consumer.name && $0.creationSecond == consumer.creationSecond
                })
            else { throw .consumerNotFound(consumer.name, stream.location.account) }
            stream.settings.consumers.remove(at: index)
        }
    }
}
