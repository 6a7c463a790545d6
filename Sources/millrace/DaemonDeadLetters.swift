import EventModel
import EventStore
import MappingCore
import MappingEngine

// MARK: - Dead letters of queue mappings; on the engine's loop

extension Daemon {
    /// The newest dead letters of the mappings' queues; all mappings when no one is named.
    func deadLetterReport(mapping id: String?, limit: Int) throws(StoreError) -> DeadLetterReport {
        let snapshot = store.catalog.snapshot
        var entries: [DeadLetterEntry] = []
        var seen: Set<ARN> = []
        for mapping in snapshot.mappings where id == nil || mapping.id == id {
            guard seen.insert(mapping.source).inserted,
                let redrive = snapshot.queue(mapping.source)?.attributes.redrive,
                let queue = snapshot.queue(redrive.deadLetterTarget)
            else { continue }
            let letters = try engine.context.reader.deadLetters(
                in: queue.key, from: mapping.source, limit: limit)
            entries += letters.map { Self.entry($0, in: queue.name) }
        }
        return DeadLetterReport(letters: Array(entries.prefix(limit)))
    }

    private static func entry(_ letter: DeadLetter, in queue: String) -> DeadLetterEntry {
        DeadLetterEntry(
            id: letter.messageID.description, queue: queue, sentAtMs: letter.sentAt.millisecondsSinceEpoch,
            receives: letter.receiveCount, executions: letter.executions,
            content: String(decoding: letter.body.prefix(1_024), as: UTF8.self))
    }
}

extension ScaleStatus {
    init(_ standing: QueueMachine.Standing) {
        let reason =
            switch standing.reason {
            case .recovering: "recovering"
            case .atCeiling: "at its ceiling"
            case .ramping: "ramping up"
            case .enough: "enough"
            }
        self.init(
            limit: standing.limit, reason: reason, pollers: standing.pollers,
            heldBatches: standing.heldBatches, groupsAtWork: standing.groupsAtWork)
    }
}
