package import EventModel
import SQLite

// MARK: - Queues

extension StoreWriter {
    /// - Throws: `.conflict` when a queue of that name exists, `.limit` when all queue keys are spent.
    package func createQueue(
        name: String, location: Location, attributes: QueueAttributes, tags: [String: String]
    ) throws(StoreError) -> QueueDefinition {
        guard catalog.queue(named: name, in: location) == nil else {
            throw .conflict("Queue \(name) exists already.")
        }
        let largest = try nextKeyIsFree(in: "queue")
        let moment = now
        let row = try insert(
            """
            INSERT INTO queue (key, account, region, name, settings, created_ms, modified_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
            """
        ) { statement in
            statement.bind(1, largest)
            statement.bind(2, location.account)
            statement.bind(3, location.region)
            statement.bind(4, name)
            statement.bind(5, QueueCodec.text(attributes, tags))
            statement.bind(6, moment.millisecondsSinceEpoch)
        }
        let queue = QueueDefinition(
            key: QueueKey(rawValue: row), name: name, location: location, attributes: attributes, tags: tags,
            createdAt: now, modifiedAt: now)
        changeDefinitions { definitions in
            definitions.put(queue)
            definitions.queueDeletions[ResourceName(location: location, name: name)] = nil
        }
        setQueue(
            queue.key, QueueTally(messageCount: 0, tip: 0, floor: 0, savedTip: 0, mustSave: true))
        effects.createdQueues.append(queue.key)
        return queue
    }

    /// The next key of a table whose keys go into the high bits of row keys.
    func nextKeyIsFree(in table: String) throws(StoreError) -> Int64 {
        let statement = try statement("SELECT seq FROM sqlite_sequence WHERE name = ?1")
        let last = try attempt { () throws(SQLiteError) in
            statement.bind(1, table)
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : 0
        }
        guard last < StoreLimits.largestKey else {
            throw .limit(
                "The data directory has given out all \(StoreLimits.largestKey) keys for a \(table).")
        }
        return last + 1
    }

    /// Replaces attributes and tags; `modifiedAt` becomes now.
    package func updateQueue(
        _ key: QueueKey, attributes: QueueAttributes, tags: [String: String]
    ) throws(StoreError) -> QueueDefinition {
        var queue = try existing(key)
        queue.attributes = attributes
        queue.tags = tags
        queue.modifiedAt = now
        let changed = queue
        try run("UPDATE queue SET settings = ?2, modified_ms = ?3 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, QueueCodec.text(attributes, tags))
            statement.bind(3, changed.modifiedAt.millisecondsSinceEpoch)
        }
        changeDefinitions { $0.put(changed) }
        effects.changedQueues.insert(key)
        // A shorter retention may make messages old that were not.
        noteOldest(of: key, 0)
        return changed
    }

    /// Deletes the queue; its messages are gone at once, their space returns in the background.
    package func deleteQueue(_ key: QueueKey) throws(StoreError) {
        let queue = try existing(key)
        try run("DELETE FROM queue WHERE key = ?1") { $0.bind(1, key.rawValue) }
        try run("DELETE FROM queue_tally WHERE queue = ?1") { $0.bind(1, key.rawValue) }
        try forgetMoves(of: key)
        if let tally = queues[key], tally.tip > 0 {
            try erase(.messages, RowKey.first(key.rawValue), RowKey.make(key.rawValue, tally.tip))
            if queue.isFIFO {
                try erase(.deduplications, RowKey.first(key.rawValue), RowKey.make(key.rawValue, tally.tip))
            }
        }
        if let log = leaseLogs[key] {
            try erase(
                .leases, RowKey.make(key.rawValue, log.first), RowKey.make(key.rawValue, log.next))
        }
        deduplication.clear(key)
        let moment = now
        changeDefinitions { definitions in
            let name = ResourceName(location: queue.location, name: queue.name)
            definitions.queues[key] = nil
            definitions.queueKeys[name] = nil
            definitions.queuePurges[key] = nil
            definitions.queueDeletions = definitions.queueDeletions.filter {
                moment - $0.value < CatalogSnapshot.deletionMemory
            }
            definitions.queueDeletions[name] = moment
        }
        setQueue(key, nil)
        effects.removedQueues.append(key)
    }

    /// Deletes all messages: visible, delayed and in flight; a FIFO queue forgets their deduplication IDs. The moment is
    /// kept, `CatalogSnapshot.lastPurge` tells it.
    package func purgeQueue(_ key: QueueKey) throws(StoreError) {
        _ = try existing(key)
        let moment = now
        try run("UPDATE queue SET purged_ms = ?2 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, moment.millisecondsSinceEpoch)
        }
        changeDefinitions { $0.queuePurges[key] = moment }
        guard var tally = queues[key], tally.tip > tally.floor else { return }
        try erase(
            .messages, RowKey.make(key.rawValue, tally.floor), RowKey.make(key.rawValue, tally.tip))
        tally.floor = tally.tip
        tally.messageCount = 0
        tally.oldestMilliseconds = 0
        tally.mustSave = true
        setQueue(key, tally)
        deduplication.clear(key)
        effects.groupedSends[key] = nil
        effects.delays[key] = nil
        effects.raisedFloors[key] = RaisedFloor(position: tally.floor, isPurge: true)
    }

    func existing(_ key: QueueKey) throws(StoreError) -> QueueDefinition {
        guard let queue = definitions.queues[key] else { throw .notFound("The queue") }
        return queue
    }

    /// Notes rows that are to be removed in the background.
    func erase(_ kind: Erasure.Kind, _ first: Int64, _ last: Int64) throws(StoreError) {
        let id = try insert("INSERT INTO erasure (kind, first, last) VALUES (?1, ?2, ?3)") { statement in
            statement.bind(1, kind.rawValue)
            statement.bind(2, first)
            statement.bind(3, last)
        }
        setErasures(erasures + [Erasure(id: id, kind: kind, first: first, last: last)])
    }
}
