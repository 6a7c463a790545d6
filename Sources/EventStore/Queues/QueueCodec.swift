import ByteCoding
import EventModel

/// A queue's attributes and tags as the file keeps them.
enum QueueCodec {
    static func text(_ attributes: QueueAttributes, _ tags: [String: String]) -> String {
        var members: [(String, JSONValue)] = [
            ("visibilityTimeoutSeconds", JSONValue(attributes.visibilityTimeoutSeconds)),
            ("delaySeconds", JSONValue(attributes.delaySeconds)),
            ("receiveWaitTimeSeconds", JSONValue(attributes.receiveWaitTimeSeconds)),
            ("retentionSeconds", JSONValue(attributes.retentionSeconds)),
            ("maximumMessageBytes", JSONValue(attributes.maximumMessageBytes)),
            ("bookkeeping", JSONValue(attributes.bookkeeping)),
            ("tags", JSONValue(tags)),
        ]
        if let redrive = attributes.redrive {
            let policy: [(String, JSONValue)] = [
                ("deadLetterTarget", JSONValue(redrive.deadLetterTarget)),
                ("maxReceiveCount", JSONValue(redrive.maxReceiveCount)),
            ]
            members.append(("redrive", JSONValue(members: policy)))
        }
        if let fifo = attributes.fifo { members.append(("fifo", json(of: fifo))) }
        return JSONValue(members: members).text
    }

    private static func json(of fifo: FIFOSettings) -> JSONValue {
        let members: [(String, JSONValue)] = [
            ("contentBasedDeduplication", .bool(fifo.contentBasedDeduplication)),
            ("deduplicationScope", .string(fifo.deduplicationScope.rawValue)),
            ("throughputLimit", .string(fifo.throughputLimit.rawValue)),
        ]
        return JSONValue(members: members)
    }

    private static func fifo(_ json: StoredJSON) -> FIFOSettings {
        var fifo = FIFOSettings()
        fifo.contentBasedDeduplication = json.bool("contentBasedDeduplication", or: false)
        if let scope = json.string("deduplicationScope").flatMap({
            FIFOSettings.DeduplicationScope(rawValue: $0)
        }) {
            fifo.deduplicationScope = scope
        }
        if let limit = json.string("throughputLimit").flatMap({ FIFOSettings.ThroughputLimit(rawValue: $0) })
        {
            fifo.throughputLimit = limit
        }
        return fifo
    }

    static func settings(_ text: String, of name: String) throws(StoreError) -> (
        QueueAttributes, [String: String]
    ) {
        let json = try StoredJSON(text: text, of: "queue \(name)")
        var attributes = QueueAttributes()
        attributes.visibilityTimeoutSeconds =
            json.int("visibilityTimeoutSeconds", or: attributes.visibilityTimeoutSeconds)
        attributes.delaySeconds = json.int("delaySeconds", or: attributes.delaySeconds)
        attributes.receiveWaitTimeSeconds =
            json.int("receiveWaitTimeSeconds", or: attributes.receiveWaitTimeSeconds)
        attributes.retentionSeconds = json.int("retentionSeconds", or: attributes.retentionSeconds)
        attributes.maximumMessageBytes = json.int("maximumMessageBytes", or: attributes.maximumMessageBytes)
        attributes.bookkeeping = json.strings("bookkeeping")
        if let redrive = json.member("redrive"),
            let target = redrive.string("deadLetterTarget").flatMap({ ARN($0) }),
            let count = redrive.int("maxReceiveCount")
        {
            attributes.redrive = RedrivePolicy(deadLetterTarget: target, maxReceiveCount: count)
        }
        attributes.fifo = json.member("fifo").map(fifo)
        return (attributes, json.strings("tags"))
    }
}
