package import EventModel
import SQLite

/// What an operation may do inside its group's transaction; lives on the writer thread only.
///
/// Looks up definitions as the operations before it in the group left them. Every method checks first and throws
/// `.notFound`, `.conflict` or `.limit` without having written.
package final class StoreWriter {
    let connection: Connection
    let secret: UInt64
    let tableShardLifetime: Duration
    let objectFiles: ObjectFiles
    /// The time of this group; the same for all its operations, never earlier than that of the group before.
    package private(set) var now = Timestamp(millisecondsSinceEpoch: 0)

    private var statements: [UnsafePointer<UInt8>: Statement] = [:]
    /// Set by the first failure of SQLite in a group: the group is lost.
    private(set) var failure: StoreError?

    /// Changed by operations; back to `committed…` when the group is lost.
    var definitions: Definitions
    private var committedDefinitions: Definitions
    private var snapshot: CatalogSnapshot?
    private(set) var queues: [QueueKey: QueueTally]
    private(set) var shards: [ShardKey: ShardState]
    private(set) var tables: [TableKey: TableTally]
    private(set) var erasures: [Erasure]
    private var undoQueues: [QueueKey: QueueTally?] = [:]
    private var undoShards: [ShardKey: ShardState?] = [:]
    private var undoTables: [TableKey: TableTally?] = [:]
    private var undoErasures: [Erasure]?
    var effects = GroupEffects()
    var lap = RetentionLap()
    /// Follow what is committed; only the numbers of new rows are taken before.
    var leaseLogs: [QueueKey: LeaseLog]
    var leaseChores = LeaseChores()
    /// What topics need besides their definitions.
    var topics: TopicState
    private var committedTopics: TopicState
    let publishing = PublishingTools()
    /// The deduplication IDs of FIFO queues.
    var deduplication: DeduplicationHistory

    init(
        connection: Connection, loaded: LoadedState, tableShardLifetime: Duration, objectFiles: ObjectFiles
    ) {
        self.connection = connection
        self.tableShardLifetime = tableShardLifetime
        self.objectFiles = objectFiles
        secret = loaded.secret
        definitions = loaded.definitions
        committedDefinitions = loaded.definitions
        queues = loaded.queues
        shards = loaded.shards
        tables = loaded.tables
        erasures = loaded.erasures
        leaseLogs = loaded.leaseLogs
        for (queue, log) in loaded.leaseLogs { leaseChores.note(queue, log) }
        topics = loaded.topics
        deduplication = loaded.deduplication
        committedTopics = loaded.topics
    }

    /// Definitions, with the changes of this group.
    package var catalog: CatalogSnapshot {
        if let snapshot { return snapshot }
        let made = CatalogSnapshot(definitions)
        snapshot = made
        return made
    }
}

// MARK: - SQL

extension StoreWriter {
    /// A compiled statement, kept for ever; literal statements have one address each.
    func statement(_ sql: StaticString) throws(StoreError) -> Statement {
        if let known = statements[sql.utf8Start] { return known }
        let made = try attempt { () throws(SQLiteError) in try connection.prepare(sql.description) }
        statements[sql.utf8Start] = made
        return made
    }

    /// Runs calls of SQLite; a failure loses the whole group.
    func attempt<T>(_ body: () throws(SQLiteError) -> T) throws(StoreError) -> T {
        do throws(SQLiteError) {
            return try body()
        } catch {
            let told = StoreError(error)
            failure = failure ?? told
            throw told
        }
    }

    /// Gives up the whole group, so that nothing remains of an operation that has already written when it finds that it
    /// cannot go on. The other operations of the group fail with the same error: for what runs alone, at the start.
    package func abandonGroup(because error: StoreError) -> StoreError {
        failure = failure ?? error
        return error
    }

    /// Compiles, binds and runs a statement that returns no rows.
    func run(_ sql: StaticString, _ bind: (Statement) -> Void) throws(StoreError) {
        let statement = try statement(sql)
        try attempt { () throws(SQLiteError) in
            bind(statement)
            try statement.run()
        }
    }

    /// Runs an `INSERT` and returns its row ID.
    func insert(_ sql: StaticString, _ bind: (Statement) -> Void) throws(StoreError) -> Int64 {
        try run(sql, bind)
        return connection.lastInsertedRow
    }
}

// MARK: - State that follows the transaction

extension StoreWriter {
    func setQueue(_ key: QueueKey, _ tally: QueueTally?) {
        if undoQueues[key] == nil { undoQueues[key] = .some(queues[key]) }
        queues[key] = tally
        effects.touchedQueues.insert(key)
    }

    func setShard(_ key: ShardKey, _ state: ShardState?) {
        if undoShards[key] == nil { undoShards[key] = .some(shards[key]) }
        shards[key] = state
        effects.touchedShards.insert(key)
    }

    func setTable(_ key: TableKey, _ tally: TableTally?) {
        if undoTables[key] == nil { undoTables[key] = .some(tables[key]) }
        tables[key] = tally
        effects.touchedTables.insert(key)
    }

    func setErasures(_ changed: [Erasure]) {
        if undoErasures == nil { undoErasures = erasures }
        erasures = changed
    }

    /// Tells when the oldest row came; knowledge that no transaction can make wrong.
    func noteOldest(of queue: QueueKey, _ milliseconds: Int64) {
        queues[queue]?.oldestMilliseconds = milliseconds
    }
    func noteOldest(of shard: ShardKey, _ milliseconds: Int64) {
        shards[shard]?.oldestMilliseconds = milliseconds
    }

    func changeDefinitions(_ change: (inout Definitions) -> Void) {
        snapshot = nil
        change(&definitions)
        effects.definitionsChanged = true
    }
}

// MARK: - The group

extension StoreWriter {
    func beginGroup(at moment: Timestamp) throws(StoreError) {
        now = max(now, moment)
        failure = nil
        try run("BEGIN IMMEDIATE") { _ in }
    }

    /// Commits, and returns what became true; throws after having rolled back.
    func commitGroup() throws(StoreError) -> GroupEffects {
        if let failure {
            rollBackGroup()
            throw failure
        }
        do {
            try saveTallies()
            try run("COMMIT") { _ in }
        } catch {
            rollBackGroup()
            throw error
        }
        for key in effects.touchedQueues { queues[key]?.mustSave = false }
        followLeases(effects)
        committedDefinitions = definitions
        committedTopics = topics
        deduplication.commit()
        forgetUndo()
        defer { effects = GroupEffects() }
        return effects
    }

    /// Leaves file and memory as they were before the group.
    func rollBackGroup() {
        // SQLite may have rolled back by itself (a full disk does that); the failure that matters is known already.
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        for (key, tally) in undoQueues { queues[key] = tally }
        for (key, state) in undoShards { shards[key] = state }
        for (key, tally) in undoTables { tables[key] = tally }
        if let undoErasures { erasures = undoErasures }
        definitions = committedDefinitions
        topics = committedTopics
        deduplication.rollBack()
        snapshot = nil
        forgetUndo()
        for file in effects.writtenFiles { objectFiles.discardIfPending(file) }
        effects = GroupEffects()
    }

    private func forgetUndo() {
        undoQueues.removeAll(keepingCapacity: true)
        undoShards.removeAll(keepingCapacity: true)
        undoTables.removeAll(keepingCapacity: true)
        undoErasures = nil
    }

    /// Sends alone are counted again at the next start, so their tally need not be written each time: it would cost a
    /// page of log per commit.
    private static let unsavedMessages: Int64 = 4_096

    private func saveTallies() throws(StoreError) {
        for key in effects.touchedQueues {
            guard var tally = queues[key] else { continue }
            guard tally.mustSave || tally.tip - tally.savedTip >= StoreWriter.unsavedMessages else {
                continue
            }
            try run(
                "INSERT OR REPLACE INTO queue_tally (queue, message_count, tip, floor) VALUES (?1, ?2, ?3, ?4)"
            ) { statement in
                statement.bind(1, key.rawValue)
                statement.bind(2, Int64(tally.messageCount))
                statement.bind(3, tally.tip)
                statement.bind(4, tally.floor)
            }
            tally.savedTip = tally.tip
            setQueue(key, tally)
        }
        for key in effects.touchedTables {
            guard let tally = tables[key] else { continue }
            try run("UPDATE item_table SET item_count = ?1, byte_count = ?2 WHERE key = ?3") { statement in
                statement.bind(1, Int64(tally.itemCount))
                statement.bind(2, Int64(tally.byteCount))
                statement.bind(3, key.rawValue)
            }
        }
    }
}
