import EventModel

/// Finds the mapping that a user means: by ID or its beginning, by function, or by the name of its source.
enum MappingChoice {
    static func matching(_ word: String?, among mappings: [MappingStatus]) throws(CommandFailure)
        -> [MappingStatus]
    {
        guard let word else { return mappings }
        let found = mappings.filter { mapping in
            mapping.id.hasPrefix(word) || mapping.function == word || mapping.source == word
                || mapping.sourceName == word
        }
        guard found.isEmpty else { return found }
        guard !mappings.isEmpty else {
            throw CommandFailure(
                "There are no mappings yet. Start the daemon with --template FILE, or create one with: "
                    + "aws lambda create-event-source-mapping")
        }
        let known = mappings.map { "  \($0.id)  \($0.sourceName) → \($0.function)" }.joined(separator: "\n")
        throw CommandFailure(
            "No mapping goes by '\(word)'. Name one by ID (or its beginning), function or source:\n\(known)")
    }

    static func single(_ word: String, among mappings: [MappingStatus]) throws(CommandFailure)
        -> MappingStatus
    {
        let found = try matching(word, among: mappings)
        guard found.count == 1, let mapping = found.first else {
            let known = found.map { "  \($0.id)  \($0.sourceName) → \($0.function)" }.joined(separator: "\n")
            throw CommandFailure(
                "'\(word)' stands for \(found.count) mappings; name one by its ID:\n\(known)")
        }
        return mapping
    }
}

extension MappingStatus {
    /// `orders` of a queue's ARN, `clicks` of `stream/clicks`, `items` of `table/items/stream/…`, `clicks/app` of a
    /// consumer's ARN `stream/clicks/consumer/app:1763600000`.
    var sourceName: String {
        let parts = resource.split(separator: "/").map(String.init)
        guard isConsumer else { return parts.count > 1 ? parts[1] : resource }
        return "\(parts[1])/\(parts[3].prefix { $0 != ":" })"
    }

    var sourceKind: String {
        if isConsumer { return "consumer" }
        let service = source.split(separator: ":").dropFirst(2).first ?? ""
        return ["sqs": "queue", "kinesis": "stream", "dynamodb": "table"][String(service)] ?? String(service)
    }

    private var resource: String {
        source.split(separator: ":", maxSplits: 5).last.map(String.init) ?? source
    }

    private var isConsumer: Bool { ARN(source).map { ConsumerReference($0) != nil } ?? false }
}
