import AWSWire
import EventModel

/// The attributes that only FIFO queues have, as texts by name.
enum FIFOAttributeText {
    static let names: [String] = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"]

    /// What a new queue is: `nil` for a standard queue. Name and `FifoQueue` must say the same.
    static func kind(
        ofQueueNamed name: String, _ given: [(key: String, value: String)]
    ) throws(AWSError) -> FIFOSettings? {
        let flag = given.first { $0.key == "FifoQueue" }?.value
        switch (name.hasSuffix(".fifo"), flag) {
        case (true, "true"): return FIFOSettings()
        case (true, _):
            throw .invalidParameter(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        case (false, "true"):
            throw .invalidParameter(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                    + "must end with .fifo suffix and be 1 to 80 in length.")
        case (false, _): return nil
        }
    }

    /// Applies one of the attributes, or `FifoQueue`, to a FIFO queue; an empty text brings back the default.
    static func apply(_ name: String, _ text: String, to settings: inout FIFOSettings) throws(AWSError) {
        let usual = FIFOSettings()
        switch name {
        case "FifoQueue":
            switch text {
            case "true": return
            case "false": throw .attributeValue(name, reason: "Modifying queue type is not supported.")
            default: throw .attributeValue(name)
            }
        case "ContentBasedDeduplication":
            guard ["", "true", "false"].contains(text) else { throw .attributeValue(name) }
            settings.contentBasedDeduplication = text == "true"
        case "DeduplicationScope":
            let scope =
                text.isEmpty ? usual.deduplicationScope : FIFOSettings.DeduplicationScope(rawValue: text)
            guard let scope else { throw .attributeValue(name) }
            settings.deduplicationScope = scope
        default:
            let limit = text.isEmpty ? usual.throughputLimit : FIFOSettings.ThroughputLimit(rawValue: text)
            guard let limit else { throw .attributeValue(name) }
            settings.throughputLimit = limit
        }
    }

    /// Checks what only all attributes together can tell.
    static func check(_ settings: FIFOSettings?) throws(AWSError) {
        guard let settings else { return }
        guard settings.throughputLimit == .perQueue || settings.deduplicationScope == .messageGroup else {
            // AWS's text for this one is not recorded anywhere we know.
            throw .attributeValue(
                "FifoThroughputLimit",
                reason:
                    "perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup."
            )
        }
    }

    static func shown(of settings: FIFOSettings) -> [(name: String, value: String)] {
        [
            ("FifoQueue", "true"),
            ("ContentBasedDeduplication", settings.contentBasedDeduplication ? "true" : "false"),
            ("DeduplicationScope", settings.deduplicationScope.rawValue),
            ("FifoThroughputLimit", settings.throughputLimit.rawValue),
        ]
    }
}
