import Synchronization

// MARK: - Judging

extension QueueCrashRun {
    /// How much happened, so that a run in which nothing did is seen as such.
    var summary: String {
        let content = clients.content.withLock { $0 }
        let sent = Self.queues.map { "\($0) \(content.sent[$0]?.count ?? 0)" }.joined(separator: ", ")
        return "\(lives) lives; acknowledged: \(sent); deliveries: \(world.ledger.entries.count); "
            + "sends made again: \(content.sendsAgain); moves begun: \(content.moves)"
    }

    /// What was promised and not kept, in words. Takes the dead letters out of their queues.
    func violations(_ caller: AWSCaller) throws -> [String] {
        let content = clients.content.withLock { $0 }
        var found = content.violations
        for (name, ids) in content.ids where ids.count > 1 {
            found.append("\(name) was answered with \(ids.count) IDs")
        }
        for queue in Self.queues {
            let dead = try takeAll(Self.deadLetters(of: queue), caller)
            let sent = content.sent[queue] ?? []
            let poison = sent.filter { $0.hasSuffix("poison") }
            found += Self.repeats(dead).map { "\(queue): the dead letter \($0) is there twice" }
            found += poison.subtracting(dead).sorted().map { "\(queue): \($0) is no dead letter" }
            let handled = deliveries(of: queue, content).map(\.body)
            found += sent.subtracting(handled).subtracting(dead).sorted().map { "\(queue): \($0) is lost" }
            if queue.hasSuffix(".fifo") {
                let inTurn = deliveries(of: queue, content).filter { !dead.contains($0.body) }
                found += Self.disorder(inTurn).map { "\(queue): \($0)" }
            }
        }
        found += world.ledger.repeatedIDs.map { "the ID \($0) was given twice" }
        found += duplicates().map { "\($0) is stored twice" }
        return found
    }

    /// Good messages in the order in which the function or the consumer of a queue got them.
    private func deliveries(of queue: String, _ content: QueueClients.Content) -> [(
        group: String, body: String
    )] {
        let worker = [Self.tasks: "task-worker", Self.line: "line-worker"][queue]
        guard let worker else {
            return (content.received[queue] ?? []).filter { !$0.body.hasSuffix("poison") }
        }
        return world.ledger.handled(by: worker).map { entry in
            (Int(entry.text).map { "g\($0 % 12)" } ?? "", entry.text)
        }
    }

    /// In each group messages come for the first time, and for the last time, in the order of their numbers.
    private static func disorder(_ deliveries: [(group: String, body: String)]) -> [String] {
        var found: [String] = []
        for (what, list) in [("first", deliveries), ("last", Array(deliveries.reversed()))] {
            var seen: Set<String> = []
            var edge: [String: Int] = [:]
            for (group, body) in list where seen.insert(body).inserted {
                guard let number = Int(body) else { continue }
                if let before = edge[group], what == "first" ? number < before : number > before {
                    found.append("\(number) came the \(what) time on the wrong side of \(before)")
                }
                edge[group] = number
            }
        }
        return found
    }

    /// Numbers of the FIFO queue that its function saw under several IDs.
    private func duplicates() -> [String] {
        var ids: [String: Set<String>] = [:]
        for entry in world.ledger.entries where entry.function == "line-worker" && Int(entry.text) != nil {
            ids[entry.text, default: []].insert(entry.id)
        }
        return ids.filter { $0.value.count > 1 }.keys.sorted()
    }

    private func takeAll(_ queue: String, _ caller: AWSCaller) throws -> [String] {
        var bodies: [String] = []
        while true {
            let copies = try caller.receive(from: queue).map(ReceivedCopy.init)
            guard !copies.isEmpty else { return bodies }
            bodies += copies.map(\.body)
            guard try caller.delete(copies, from: queue).isEmpty else {
                throw HarnessError("\(queue) refused a receipt")
            }
        }
    }

    private static func repeats(_ bodies: [String]) -> [String] {
        Dictionary(grouping: bodies) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }
}
