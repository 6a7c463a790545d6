import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    /// Consumers by name, so that a page goes on at the right place whatever was registered meanwhile.
    func listStreamConsumers(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let arn = try arguments.string("StreamARN")
        let limit = try arguments.int("MaxResults")
        let text = try arguments.string("NextToken")
        var constraints = Constraints()
        constraints.required(arn != nil, "streamARN")
        constraints.range(limit, at: "maxResults", 1...KinesisLimits.listResults)
        try constraints.check()
        let stream = try stream(name: nil, arn: arn, call)
        let created = try arguments.double("StreamCreationTimestamp")
        let now = now()
        var start: String?
        if let text {
            guard created == nil else {
                throw .invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
            }
            let token = try PageToken(text, of: .consumers, store.secret, now: now)
            guard token.stream == stream.key else { throw .invalidArgument("Invalid NextToken.") }
            start = token.fields.first
        }
        try checkCreation(of: stream, created)
        let consumers = stream.settings.consumers.sorted { $0.name < $1.name }
        let rest = consumers[...].drop { consumer in start.map { consumer.name <= $0 } ?? false }
        let page = rest.prefix(min(limit ?? KinesisLimits.listedConsumers, KinesisLimits.listedConsumers))
        var json = JSONWriter()
        json.beginObject()
        json.key("Consumers")
        json.beginArray()
        for consumer in page {
            json.beginObject()
            json.consumer(consumer, of: stream, status: "ACTIVE")
            json.endObject()
        }
        json.endArray()
        if page.count < rest.count, let last = page.last {
            json.key("NextToken")
            let token = PageToken(
                list: .consumers, stream: stream.key, createdAt: now, fields: [last.name])
            json.value(token.text(store.secret))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// A stream that was made anew has the name of the old one; the time of its creation tells them apart.
    ///
    /// - Parameter seconds: Whole seconds count, because some SDKs send no more.
    func checkCreation(of stream: StreamDefinition, _ seconds: Double?) throws(AWSError) {
        guard let seconds else { return }
        guard seconds.rounded(.down) == Double(stream.createdAt.millisecondsSinceEpoch / 1_000) else {
            throw .streamNotFound(stream.name, stream.location.account)
        }
    }
}
