import ByteCoding

/// Explains a run of the demo: which records were poison, how one of them was isolated, where they are now.
struct DemoSummary {
    let sources: [DemoSource]
    let status: StatusReport
    let decisions: [DecisionEntry]
    let discards: [DiscardEntry]

    /// Whether exactly the poison was given up, and everything else was handled.
    var isComplete: Bool {
        sources.allSatisfy { source in
            guard let mapping = source.mapping(in: status.mappings) else { return false }
            let poison = source.poison
            let isSettled = mapping.shards.allSatisfy { $0.recordsBehind == 0 }
            guard isSettled, Int(source.dead(in: status)) == poison.count else { return false }
            return source.kind == "queue" || givenUp(mapping) == poison
        }
    }

    /// The numbers of the records given up, in order.
    private func givenUp(_ mapping: MappingStatus) -> [Int] {
        discards.filter { $0.mapping == mapping.id }.flatMap(\.records).compactMap {
            Self.sequence($0.content)
        }
        .sorted()
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
        let shown = numbers.prefix(60).map(String.init).joined(separator: ", ")
        return "numbers \(shown)" + (numbers.count > 60 ? " and \(numbers.count - 60) more" : "")
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
            let dead = Text.number(source.dead(in: status))
            if source.kind == "queue" {
                lines.append(
                    "  \(source.name): \(dead) messages were received three times in vain and moved to the dead-letter "
                        + "queue \(source.deadLetterQueue).")
            } else {
                let numbers = givenUp(mapping)
                let isAll = numbers == source.poison
                lines.append(
                    "  \(source.name): \(dead) records were given up"
                        + (isAll ? ", exactly the poison" : ": " + Self.list(numbers))
                        + "; each is reported to the queue \(source.deadLetterQueue) and kept with what it held."
                )
            }
        }
        let queue = status.queues.first { $0.name == "demo-FailedRecords" }
        if let queue {
            lines.append("  \(queue.name) holds \(Text.number(queue.visible + queue.inFlight)) reports.")
        }
        return lines
    }

    private var verdict: String {
        isComplete
            ? "\nEvery record was either handled or ended where poison belongs. Nothing was lost."
            : "\nNot everything was settled in time; look at millrace status and millrace explain with --keep."
    }
}
