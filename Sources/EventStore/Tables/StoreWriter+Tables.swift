package import EventModel
import SQLite

// MARK: - Tables

extension StoreWriter {
    /// `key`, `createdAt` and `latestStream` of the definition are replaced; with `view` its first stream is made.
    ///
    /// - Throws: `.conflict` when a table of that name exists, `.limit` when shard keys are spent.
    package func createTable(
        _ definition: TableDefinition, view: StreamView?
    ) throws(StoreError) -> TableDefinition {
        guard catalog.table(named: definition.name, in: definition.location) == nil else {
            throw .conflict("Table \(definition.name) exists already.")
        }
        if view != nil { _ = try nextKeyIsFree(in: "shard") }
        let createdAt = now
        let row = try insert(
            "INSERT INTO item_table (account, region, name, settings, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
        ) { statement in
            statement.bind(1, definition.location.account)
            statement.bind(2, definition.location.region)
            statement.bind(3, definition.name)
            statement.bind(4, TableCodec.text(definition))
            statement.bind(5, createdAt.millisecondsSinceEpoch)
        }
        var table = TableDefinition(
            key: TableKey(rawValue: row), id: definition.id, name: definition.name,
            location: definition.location,
            hashKey: definition.hashKey, rangeKey: definition.rangeKey, isOnDemand: definition.isOnDemand,
            readCapacityUnits: definition.readCapacityUnits,
            writeCapacityUnits: definition.writeCapacityUnits,
            isDeletionProtected: definition.isDeletionProtected, tags: definition.tags, createdAt: now,
            latestStream: nil)
        table.indexes = definition.indexes
        changeDefinitions { [table] in $0.put(table) }
        setTable(table.key, TableTally(itemCount: 0, byteCount: 0))
        guard let view else { return try save(table) }
        _ = try enableStream(of: table.key, view: view)
        return try existing(table.key)
    }

    /// Replaces what may change of a table: billing, deletion protection, tags, time to live.
    package func updateTable(_ definition: TableDefinition) throws(StoreError) -> TableDefinition {
        var table = try existing(definition.key)
        table.isOnDemand = definition.isOnDemand
        table.readCapacityUnits = definition.readCapacityUnits
        table.writeCapacityUnits = definition.writeCapacityUnits
        table.isDeletionProtected = definition.isDeletionProtected
        table.tags = definition.tags
        table.timeToLiveAttribute = definition.timeToLiveAttribute
        return try save(table)
    }

    /// Deletes the table; its streams are disabled and stay readable for 24 h.
    package func deleteTable(_ key: TableKey) throws(StoreError) {
        let table = try existing(key)
        if let stream = table.latestStream, definitions.streams[stream]?.isEnabled == true {
            _ = try closeStream(stream)
        }
        try run("DELETE FROM item_table WHERE key = ?1") { $0.bind(1, key.rawValue) }
        try erase(.items, key.rawValue, key.rawValue)
        for number in table.indexes.indices {
            let index = key.index(number)
            try erase(.items, index.rawValue, index.rawValue)
        }
        changeDefinitions { definitions in
            definitions.tables[key] = nil
            definitions.tableKeys[ResourceName(location: table.location, name: table.name)] = nil
        }
        setTable(key, nil)
    }

    /// Starts a new stream with one shard.
    ///
    /// - Throws: `.conflict` when one is enabled.
    package func enableStream(of key: TableKey, view: StreamView) throws(StoreError) -> StreamDefinition {
        var table = try existing(key)
        if let latest = table.latestStream, definitions.streams[latest]?.isEnabled == true {
            throw .conflict("Table \(table.name) has an enabled stream.")
        }
        let created = freeLabelTime(for: table)
        let stream = try makeStream(
            name: table.name, location: table.location,
            kind: .table(key, tableName: table.name, view: view, label: created.streamLabel),
            retentionHours: Int(Limits.tableStreamRetention.wholeMilliseconds / 3_600_000),
            seeds: [
                ShardSeed(
                    index: 0, id: ShardName.table(key, createdAt: now, index: 0),
                    hashKeys: HashKeyRange(start: 0, end: .max))
            ])
        table.latestStream = stream.key
        _ = try save(table)
        return stream
    }

    /// Closes the stream's shards; it stays readable for 24 h.
    ///
    /// - Throws: `.conflict` when none is enabled.
    package func disableStream(of key: TableKey) throws(StoreError) -> StreamDefinition {
        let table = try existing(key)
        guard let latest = table.latestStream, definitions.streams[latest]?.isEnabled == true else {
            throw .conflict("Table \(table.name) has no enabled stream.")
        }
        return try closeStream(latest)
    }

    private func existing(_ key: TableKey) throws(StoreError) -> TableDefinition {
        guard let table = definitions.tables[key] else { throw .notFound("The table") }
        return table
    }

    private func save(_ table: TableDefinition) throws(StoreError) -> TableDefinition {
        try run("UPDATE item_table SET settings = ?2 WHERE key = ?1") { statement in
            statement.bind(1, table.key.rawValue)
            statement.bind(2, TableCodec.text(table))
        }
        changeDefinitions { $0.put(table) }
        return table
    }

    /// Labels of one table's streams differ, even when two streams are made in one millisecond.
    private func freeLabelTime(for table: TableDefinition) -> Timestamp {
        var moment = now
        let streams = catalog.tableStreams(in: table.location, tableNamed: table.name)
        while streams.contains(where: { stream in
            guard case .table(_, _, _, let label) = stream.kind else { return false }
            return label == moment.streamLabel
        }) { moment = moment + .milliseconds(1) }
        return moment
    }
}

// MARK: - Items

extension StoreWriter {
    /// The stored bytes of an item, with the changes of this group.
    package func item(_ key: [UInt8], in table: TableKey) throws(StoreError) -> [UInt8]? {
        let statement = try statement("SELECT item FROM item WHERE item_table = ?1 AND key = ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, table.rawValue)
            statement.bind(2, key)
            defer { statement.reset() }
            return try statement.step() ? statement.array(0) : nil
        }
    }

    /// Stores an item under its canonical key bytes, replacing what was there.
    package func putItem(_ item: [UInt8], key: [UInt8], in table: TableKey) throws(StoreError) {
        guard var tally = tables[table] else { throw .notFound("The table") }
        let old = try storedBytes(of: key, in: table)
        try run("INSERT OR REPLACE INTO item (item_table, key, item) VALUES (?1, ?2, ?3)") { statement in
            statement.bind(1, table.rawValue)
            statement.bind(2, key)
            statement.bind(3, item)
        }
        tally.itemCount += old == nil ? 1 : 0
        tally.byteCount += item.count - (old ?? 0)
        setTable(table, tally)
    }

    /// Deletes an item; false when there was none.
    package func deleteItem(_ key: [UInt8], in table: TableKey) throws(StoreError) -> Bool {
        guard var tally = tables[table] else { throw .notFound("The table") }
        guard let old = try storedBytes(of: key, in: table) else { return false }
        try run("DELETE FROM item WHERE item_table = ?1 AND key = ?2") { statement in
            statement.bind(1, table.rawValue)
            statement.bind(2, key)
        }
        tally.itemCount -= 1
        tally.byteCount -= old
        setTable(table, tally)
        return true
    }

    private func storedBytes(of key: [UInt8], in table: TableKey) throws(StoreError) -> Int? {
        let statement = try statement("SELECT length(item) FROM item WHERE item_table = ?1 AND key = ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, table.rawValue)
            statement.bind(2, key)
            defer { statement.reset() }
            return try statement.step() ? Int(statement.int(0)) : nil
        }
    }

    /// Appends a change to the table's enabled stream; nothing happens and `nil` returns when there is none.
    package func appendChange(
        _ change: ChangeRecord, key: [UInt8], in table: TableKey
    ) throws(StoreError) -> AppendedRecord? {
        guard let latest = try existing(table).latestStream, let stream = definitions.streams[latest],
            stream.isEnabled, let shard = stream.shards.last(where: \.isOpen)
        else { return nil }
        var batch = RecordBatch()
        batch.append(shard: shard.key, partitionKey: key, payload: change.stored)
        return try append(batch, to: latest).first
    }
}
