import ByteCoding

/// Explains a run of the demo: which records were poison, how one of them was isolated, where they are now.
struct DemoSummary {
    let sources: [DemoSource]
    let status: StatusReport
    let decisions: [DecisionEntry]
    let discards: [DiscardEntry]

    /// Whether as many records were given up as were poison, and everything else was handled.
    var isComplete: Bool {
        sources.allSatisfy { source in
            guard let mapping = source.mapping(in: status.mappings) else { return false }
            return Int(mapping.discarded) == source.poison.count && behind(mapping) == 0
        }
    }

    private func behind(_ mapping: MappingStatus) -> Int64 {
        mapping.shards.reduce(0) { $0 + $1.recordsBehind }
    }

    var lines: [String] { poisonLines + isolationLines + whereaboutsLines + [verdict] }

    // MARK: - What was poison

    private var poisonLines: [String] {
        let total = sources.reduce(0) { $0 + $1.feeder.snapshot.accepted }
        let poison = sources.map(\.poison)
        let count = poison.reduce(0) { $0 + $1.count }
        return [
            "\(Text.number(total)) records were fed, \(Text.number(count)) of them poison, which the handlers refuse:"
        ]
            + zip(sources, poison).map { source, numbers in
                "  \(source.kind) \(source.name): " + (numbers.isEmpty ? "none" : Self.list(numbers))
            }
    }

    private static func list(_ numbers: [Int]) -> String {
        let shown = numbers.prefix(20).map(String.init).joined(separator: ", ")
        return "numbers \(shown)" + (numbers.count > 20 ? " and \(numbers.count - 20) more" : "")
    }

    // MARK: - How one was isolated

    private var isolationLines: [String] {
        let stories = discards.compactMap { discard -> (DiscardEntry, [DecisionEntry])? in
            guard let record = discard.records.first, discard.records.count == 1 else { return nil }
            return (discard, story(of: record.id, shard: discard.shard, mapping: discard.mapping))
        }
        // The one that took the most halvings says the most.
        let best = stories.max { left, right in
            left.1.count { $0.kind == "bisected" } < right.1.count { $0.kind == "bisected" }
        }
        guard let (discard, steps) = best, let record = discard.records.first,
            steps.contains(where: { $0.kind == "bisected" })
        else { return ["", "No batch had to be bisected."] }
        let number = Self.sequence(record.content).map { "record \($0)" } ?? "one record"
        return [
            "",
            "How \(number) was isolated in \(LagView.shortShard(discard.shard)) (numbers below count within the shard):",
        ] + steps.map { "  " + ExplainView.line($0) }
    }

    /// The decisions about batches that held the record, from the last whole batch on.
    private func story(of id: String, shard: String, mapping: String) -> [DecisionEntry] {
        decisions.filter { decision in
            guard decision.mapping == mapping, decision.shard == shard, let first = decision.first,
                let last = decision.last
            else { return false }
            return !Self.isLess(id, first) && !Self.isLess(last, id)
        }
    }

    /// Sequence numbers are decimal numbers of up to 56 digits.
    private static func isLess(_ left: String, _ right: String) -> Bool {
        left.count == right.count ? left < right : left.count < right.count
    }

    /// The number that the generator gave to a record, read back from what the record holds.
    private static func sequence(_ content: String) -> Int? {
        let json: JSONValue
        do { json = try JSONValue(parsing: Array(content.utf8)) } catch { return nil }
        return json["seq"]?.intValue ?? json["seq"]?["N"]?.stringValue.flatMap { Int($0) }
    }

    // MARK: - Where they are now

    private var whereaboutsLines: [String] {
        var lines = ["", "Where they are now:"]
        for source in sources {
            guard let mapping = source.mapping(in: status.mappings) else { continue }
            let queue = status.queues.first { $0.name == source.deadLetterQueue }
            let held = queue.map { Text.number($0.visible + $0.inFlight) } ?? "?"
            if source.kind == "queue" {
                lines.append(
                    "  \(source.name): \(Text.number(mapping.discarded)) messages were received three times in vain and "
                        + "moved to the dead-letter queue \(source.deadLetterQueue), which holds \(held).")
            } else {
                let mine = discards.filter { $0.mapping == mapping.id }
                let numbers = mine.flatMap(\.records).compactMap { Self.sequence($0.content) }.sorted()
                lines.append(
                    "  \(source.name): \(Text.number(mapping.discarded)) records were given up, each reported to the queue "
                        + "\(source.deadLetterQueue) (it holds \(held) reports) and kept with its content"
                        + (numbers.isEmpty ? "." : ": \(Self.list(numbers))."))
            }
        }
        return lines
    }

    private var verdict: String {
        isComplete
            ? "\nEvery record was either handled or ended where poison belongs. Nothing was lost."
            : "\nNot everything was settled in time; look at millrace status and millrace explain with --keep."
    }
}
