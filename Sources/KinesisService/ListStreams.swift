import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func listStreams(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit")
        var constraints = Constraints()
        constraints.range(limit, at: "limit", 1...KinesisLimits.listResults)
        try constraints.check()
        let now = now()
        var start = try arguments.string("ExclusiveStartStreamName")
        if let text = try arguments.string("NextToken") {
            start = try PageToken(text, of: .streams, store.secret, now: now).fields.first
        }
        let streams = store.catalog.snapshot.kinesisStreams(in: call.location)
        let rest = streams[...].drop { stream in start.map { stream.name <= $0 } ?? false }
        let page = rest.prefix(limit ?? KinesisLimits.listedStreams)
        var json = JSONWriter()
        json.beginObject()
        json.key("StreamNames")
        json.beginArray()
        for stream in page { json.value(stream.name) }
        json.endArray()
        json.key("StreamSummaries")
        json.beginArray()
        for stream in page {
            json.beginObject()
            json.identity(of: stream)
            json.endObject()
        }
        json.endArray()
        json.key("HasMoreStreams")
        json.value(page.count < rest.count)
        if page.count < rest.count, let last = page.last {
            json.key("NextToken")
            json.value(PageToken(list: .streams, createdAt: now, fields: [last.name]).text(store.secret))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
