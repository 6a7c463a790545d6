import EventModel
import Synchronization

/// Those who want to know what became readable.
final class Observers: Sendable {
    private let all = Mutex<[@Sendable (CommittedChanges) -> Void]>([])

    func add(_ observer: @escaping @Sendable (CommittedChanges) -> Void) {
        all.withLock { $0.append(observer) }
    }

    func tell(_ changes: CommittedChanges) {
        for observer in all.withLock({ $0 }) { observer(changes) }
    }
}

/// Makes a committed group known: first to memory that others read, then to the observers.
struct Publisher {
    let catalog: Catalog
    let leases: QueueLeases
    let tips: ShardTips
    let observers: Observers
    let setTableSize: @Sendable (TableKey, TableTally?) -> Void
    let objectFiles: ObjectFiles

    func publish(_ effects: GroupEffects, _ writer: StoreWriter) {
        if effects.definitionsChanged { catalog.publish(writer.definitions) }
        objectFiles.adopted(effects.adoptedFiles)
        // What an operation wrote and then refused to store.
        for file in effects.writtenFiles { objectFiles.discardIfPending(file) }
        objectFiles.remove(effects.removedFiles)
        publishShards(effects, writer)
        var changes = publishQueues(effects, writer)
        for table in effects.touchedTables { setTableSize(table, writer.tables[table]) }
        changes.shards = Array(effects.touchedShards.union(effects.closedShards))
        changes.definitionsChanged = effects.definitionsChanged
        changes.topicDeliveries = effects.hasTopicDeliveries
        changes.eventSchedule = effects.hasEventSchedule
        if !changes.isEmpty { observers.tell(changes) }
    }

    private func publishShards(_ effects: GroupEffects, _ writer: StoreWriter) {
        var grown: [ShardKey: ShardTip] = [:]
        for shard in effects.touchedShards {
            guard let state = writer.shards[shard] else { continue }
            grown[shard] = ShardTip(
                position: state.position,
                arrival: Timestamp(millisecondsSinceEpoch: state.arrivalMilliseconds))
        }
        tips.set(grown)
        tips.remove(effects.removedShards)
    }

    private func publishQueues(_ effects: GroupEffects, _ writer: StoreWriter) -> CommittedChanges {
        var changes = CommittedChanges()
        for queue in effects.createdQueues {
            guard let tally = writer.queues[queue], let definition = writer.definitions.queues[queue] else {
                continue
            }
            let ledger =
                definition.isFIFO
                ? QueueLedger(groups: GroupLedger(tally, definition)) : QueueLedger(LeaseLedger(tally))
            leases.add(ledger, for: queue)
        }
        for queue in effects.removedQueues { leases.remove(queue) }
        for queue in effects.changedQueues {
            guard let seconds = writer.definitions.queues[queue]?.attributes.delaySeconds else { continue }
            leases.ledger(of: queue)?.fifo?.groups.withLock { $0.setDelay(seconds: seconds) }
        }
        // Those that grew come first: a message on its way to another queue is for a moment seen in both, never in none.
        let grown = effects.touchedQueues.intersection(effects.grownQueues)
        for queue in Array(grown) + effects.touchedQueues.subtracting(grown) {
            guard let tally = writer.queues[queue], let ledger = leases.ledger(of: queue) else { continue }
            if let fifo = ledger.fifo {
                let frees = fifo.publish(effects, of: queue, tally, now: writer.now)
                if frees || effects.grownQueues.contains(queue) { changes.queues.append(queue) }
                continue
            }
            let freesRoom = ledger.state.withLock { ledger in
                let wasFull = ledger.isAtInFlightLimit
                if let floor = effects.raisedFloors[queue] {
                    ledger.raiseFloor(to: floor.position, isPurge: floor.isPurge)
                }
                for moment in effects.delays[queue] ?? [] { ledger.committedDelay(until: moment) }
                ledger.committed(tip: tally.tip, rows: tally.messageCount)
                ledger.remove(effects.deletedMessages[queue] ?? [])
                return wasFull && !ledger.isAtInFlightLimit
            }
            if freesRoom || effects.grownQueues.contains(queue) { changes.queues.append(queue) }
        }
        return changes
    }
}

extension LeaseLedger {
    /// The ledger of a queue that nobody has received from since the store was opened.
    init(_ tally: QueueTally) { self.init(tip: tally.tip, floor: tally.floor, rows: tally.messageCount) }
}
