import EventModel
import SQLite

/// Everything that lives in memory while the store is open, as a file tells it at the start.
struct LoadedState {
    var secret: UInt64 = 0
    /// 32 bytes.
    var credentialKey: [UInt8] = []
    var definitions = Definitions()
    var queues: [QueueKey: QueueTally] = [:]
    var shards: [ShardKey: ShardState] = [:]
    var tables: [TableKey: TableTally] = [:]
    var erasures: [Erasure] = []
    var topics = TopicState()
    /// The ledgers of the queues, with the messages that are hidden.
    var ledgers: [QueueKey: LeaseLedger] = [:]
    var leaseLogs: [QueueKey: LeaseLog] = [:]
    /// Those of FIFO queues, which have no other.
    var groupLedgers: [QueueKey: GroupLedger] = [:]
    var deduplication = DeduplicationHistory()

    /// - Parameter directory: The data directory, absolute.
    init(reading connection: Connection, in directory: String, now: Timestamp) throws(StoreError) {
        secret = try storeErrors { () throws(SQLiteError) in try LoadedState.secret(connection) }
        try loadQueues(connection)
        try storeErrors { () throws(SQLiteError) in
            try makeLedgers(connection, now.millisecondsSinceEpoch)
            // What was received is in the log, which knows better than an older row.
            try loadLeases(connection, now.millisecondsSinceEpoch)
            try loadHidden(connection, now.millisecondsSinceEpoch)
            try loadDeduplications(connection, now.millisecondsSinceEpoch)
        }
        try loadStreams(connection)
        try loadTables(connection)
        try loadFunctions(connection, in: directory)
        try loadMappings(connection)
        try loadTopics(connection)
        try loadEvents(connection)
        try loadIdentities(connection)
        try storeErrors { () throws(SQLiteError) in try loadBuckets(connection) }
        try storeErrors { () throws(SQLiteError) in
            let rows = try connection.prepare("SELECT id, kind, first, last FROM erasure ORDER BY id")
            while try rows.step() {
                guard let kind = Erasure.Kind(rawValue: rows.int(1)) else { continue }
                erasures.append(Erasure(id: rows.int(0), kind: kind, first: rows.int(2), last: rows.int(3)))
            }
        }
    }

    private static func secret(_ connection: Connection) throws(SQLiteError) -> UInt64 {
        if let text = try connection.scalar("SELECT secret FROM store"), let number = Int64(text) {
            return UInt64(bitPattern: number)
        }
        let fresh = Int64.random(in: .min ... .max)
        let insert = try connection.prepare("INSERT INTO store (id, secret) VALUES (1, ?1)")
        insert.bind(1, fresh)
        try insert.run()
        return UInt64(bitPattern: fresh)
    }
}

// MARK: - Queues

extension LoadedState {
    private mutating func loadQueues(_ connection: Connection) throws(StoreError) {
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare(
                """
                SELECT key, account, region, name, settings, created_ms, modified_ms, message_count, tip, floor,
                    purged_ms
                FROM queue LEFT JOIN queue_tally ON queue_tally.queue = queue.key
                """)
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            let (attributes, tags) = try QueueCodec.settings(rows.text(4), of: rows.text(3))
            let queue = QueueDefinition(
                key: QueueKey(rawValue: rows.int(0)), name: rows.text(3),
                location: Location(account: rows.text(1), region: rows.text(2)), attributes: attributes,
                tags: tags,
                createdAt: Timestamp(millisecondsSinceEpoch: rows.int(5)),
                modifiedAt: Timestamp(millisecondsSinceEpoch: rows.int(6)))
            definitions.put(queue)
            if !rows.isNull(10) {
                definitions.queuePurges[queue.key] = Timestamp(millisecondsSinceEpoch: rows.int(10))
            }
            let saved = QueueTally(
                messageCount: Int(rows.int(7)), tip: rows.int(8), floor: rows.int(9), savedTip: rows.int(8))
            queues[queue.key] = try storeErrors { () throws(SQLiteError) in
                try LoadedState.recounted(saved, of: queue.key, connection)
            }
        }
    }

    /// Messages that were delayed, or in flight when an older version closed the file. Past the limit a scan finds them.
    private mutating func loadHidden(_ connection: Connection, _ now: Int64) throws(SQLiteError) {
        let rows = try connection.prepare(
            """
            SELECT id, visible_ms, receive_count, first_received_ms, group_id FROM message
            WHERE visible_ms > ?1 AND visible_ms > 0 ORDER BY visible_ms LIMIT ?2
            """)
        rows.bind(1, now)
        rows.bind(2, Int64(LeaseLedger.delayedAtStart))
        while try rows.step() {
            let id = rows.int(0)
            let group = rows.bytes(4)
            ledgers[QueueKey(rawValue: RowKey.owner(id))]?.adopt(
                RowKey.position(id), receiveCount: Int32(truncatingIfNeeded: rows.int(2)),
                firstReceivedAt: rows.int(3), visibleAt: rows.int(1), group: GroupMark(group.span))
        }
    }

    /// Adds what was sent after the tally was last written; deletions always write it.
    private static func recounted(
        _ saved: QueueTally, of queue: QueueKey, _ connection: Connection
    ) throws(SQLiteError) -> QueueTally {
        var tally = saved
        let rows = try connection.prepare("SELECT count(*), max(id) FROM message WHERE id > ?1 AND id <= ?2")
        rows.bind(1, RowKey.make(queue.rawValue, saved.tip))
        rows.bind(2, RowKey.last(queue.rawValue))
        if try rows.step(), rows.int(0) > 0 {
            tally.messageCount += Int(rows.int(0))
            tally.tip = RowKey.position(rows.int(1))
        }
        return tally
    }
}

// MARK: - Streams

extension LoadedState {
    private mutating func loadStreams(_ connection: Connection) throws(StoreError) {
        let shardsOfStream = try loadShards(connection)
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare(
                "SELECT key, account, region, name, settings, created_ms, disabled_ms FROM stream")
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            let settings = try StreamCodec.settings(rows.text(4), of: rows.text(3))
            let key = StreamKey(rawValue: rows.int(0))
            definitions.put(
                StreamDefinition(
                    key: key, name: rows.text(3),
                    location: Location(account: rows.text(1), region: rows.text(2)),
                    kind: settings.kind, createdAt: Timestamp(millisecondsSinceEpoch: rows.int(5)),
                    retentionHours: settings.retentionHours, isEnabled: settings.isEnabled,
                    shards: shardsOfStream[key.rawValue] ?? [], settings: settings.settings))
            if !rows.isNull(6) {
                definitions.disabledAt[key] = Timestamp(millisecondsSinceEpoch: rows.int(6))
            }
            noteClosing(of: shardsOfStream[key.rawValue] ?? [], disabled: rows.isNull(6) ? nil : rows.int(6))
        }
    }

    /// A shard is closed when its children are made, or by the end of its stream.
    private mutating func noteClosing(of family: [ShardDefinition], disabled: Int64?) {
        guard family.contains(where: { !$0.isOpen }) else { return }
        var closing: [ShardKey: Int64] = [:]
        for child in family {
            for parent in [child.parent, child.adjacentParent] {
                if let parent { closing[parent] = child.createdAt.millisecondsSinceEpoch }
            }
        }
        for shard in family where !shard.isOpen {
            shards[shard.key]?.closedMilliseconds = closing[shard.key] ?? disabled
        }
    }

    private mutating func loadShards(_ connection: Connection) throws(StoreError) -> [Int64:
        [ShardDefinition]]
    {
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare(
                """
                SELECT key, stream, number, id, parent, adjacent_parent, hash_start, hash_end, created_ms,
                    ending_position, trimmed_position, trimmed_ms
                FROM shard ORDER BY stream, number
                """)
        }
        let last = try storeErrors { () throws(SQLiteError) in
            try connection.prepare(
                "SELECT id, arrival_ms FROM stream_record WHERE id > ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1"
            )
        }
        var found: [Int64: [ShardDefinition]] = [:]
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            guard let start = UInt128(rows.text(6)), let end = UInt128(rows.text(7)), start <= end else {
                throw .corrupt("shard \(rows.text(3)) has no hash key range")
            }
            let key = ShardKey(rawValue: rows.int(0))
            let shard = ShardDefinition(
                key: key, index: Int(rows.int(2)), id: rows.text(3),
                parent: rows.isNull(4) ? nil : ShardKey(rawValue: rows.int(4)),
                adjacentParent: rows.isNull(5) ? nil : ShardKey(rawValue: rows.int(5)),
                hashKeys: HashKeyRange(start: start, end: end),
                createdAt: Timestamp(millisecondsSinceEpoch: rows.int(8)),
                endingPosition: rows.isNull(9) ? nil : rows.int(9))
            found[rows.int(1), default: []].append(shard)
            var state = ShardState(
                position: rows.int(10), arrivalMilliseconds: rows.int(11), trimmed: rows.int(10))
            try storeErrors { () throws(SQLiteError) in
                last.bind(1, RowKey.make(key.rawValue, state.trimmed))
                last.bind(2, RowKey.last(key.rawValue))
                if try last.step() {
                    state.position = RowKey.position(last.int(0))
                    state.arrivalMilliseconds = last.int(1)
                }
                last.reset()
            }
            shards[key] = state
        }
        return found
    }
}

// MARK: - Tables, mappings

extension LoadedState {
    private mutating func loadTables(_ connection: Connection) throws(StoreError) {
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare(
                "SELECT key, account, region, name, settings, created_ms, item_count, byte_count FROM item_table"
            )
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            let key = TableKey(rawValue: rows.int(0))
            let table = try TableCodec.definition(
                rows.text(4), key: key, name: rows.text(3),
                location: Location(account: rows.text(1), region: rows.text(2)),
                createdAt: Timestamp(millisecondsSinceEpoch: rows.int(5)))
            definitions.put(table)
            tables[key] = TableTally(itemCount: Int(rows.int(6)), byteCount: Int(rows.int(7)))
        }
    }

    private mutating func loadMappings(_ connection: Connection) throws(StoreError) {
        let mappings = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT key, definition FROM mapping")
        }
        while try storeErrors({ () throws(SQLiteError) in try mappings.step() }) {
            let mapping = try MappingCodec.mapping(mappings.text(1))
            definitions.mappings[mapping.id] = mapping
            definitions.mappingKeys[mapping.id] = mappings.int(0)
        }
    }
}

// MARK: - Buckets

extension LoadedState {
    private mutating func loadBuckets(_ connection: Connection) throws(SQLiteError) {
        let rows = try connection.prepare("SELECT key, account, region, name, created_ms FROM bucket")
        while try rows.step() {
            definitions.buckets[rows.text(3)] = BucketDefinition(
                key: rows.int(0), name: rows.text(3),
                location: Location(account: rows.text(1), region: rows.text(2)),
                createdAt: Timestamp(millisecondsSinceEpoch: rows.int(4)))
        }
    }
}
