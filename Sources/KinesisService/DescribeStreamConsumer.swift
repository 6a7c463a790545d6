import AWSWire
import ByteCoding
import EventModel

extension KinesisService {
    func describeStreamConsumer(_ call: ServiceCall) throws(AWSError) {
        let (stream, consumer) = try consumer(of: try CallArguments(parsing: call.body), call)
        var json = JSONWriter()
        json.beginObject()
        json.key("ConsumerDescription")
        json.beginObject()
        json.consumer(consumer, of: stream, status: "ACTIVE")
        json.key("StreamARN")
        json.value(stream.arn.description)
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
