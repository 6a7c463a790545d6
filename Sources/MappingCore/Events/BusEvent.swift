import ByteCoding
package import EventModel

/// An event as a bus takes it.
package struct BusEvent: Equatable, Sendable {
    /// A UUID; the store makes one when there is none.
    package var id: String?
    package var source: String
    package var detailType: String
    package var account: String
    package var region: String
    /// `nil` for the moment at which it is put.
    package var time: Timestamp?
    package var resources: [String]
    /// A JSON object, no white space around its parts.
    package var detail: [UInt8]

    package init(
        id: String? = nil, source: String, detailType: String, location: Location, time: Timestamp? = nil,
        resources: [String] = [], detail: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.detailType = detailType
        account = location.account
        region = location.region
        self.time = time
        self.resources = resources
        self.detail = detail
    }

    /// The event's JSON, members in AWS's order (EventBridge user guide, "Event structure").
    package func document(id: String, now: Timestamp) -> [UInt8] {
        var json = JSONWriter(capacity: detail.count + 384)
        json.beginObject()
        json.key("version")
        json.value("0")
        json.key("id")
        json.value(id)
        json.key("detail-type")
        json.value(detailType)
        json.key("source")
        json.value(source)
        json.key("account")
        json.value(account)
        json.key("time")
        json.value((time ?? now).iso8601Seconds)
        json.key("region")
        json.value(region)
        json.key("resources")
        json.beginArray()
        for resource in resources { json.value(resource) }
        json.endArray()
        json.key("detail")
        json.raw(detail)
        json.endObject()
        return json.bytes
    }

    /// What the targets of a scheduled rule get when its time has come.
    package static func scheduled(_ rule: EventRuleID, at due: Timestamp) -> BusEvent {
        BusEvent(
            source: "aws.events", detailType: "Scheduled Event", location: rule.bus.location, time: due,
            resources: [rule.arn.description], detail: Array("{}".utf8))
    }
}
