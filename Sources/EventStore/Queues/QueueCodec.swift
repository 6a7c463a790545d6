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
        return JSONValue(members: members).text
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
        return (attributes, json.strings("tags"))
    }
}
