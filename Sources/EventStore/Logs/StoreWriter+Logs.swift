import ByteCoding
package import EventModel
import SQLite

// MARK: - Groups

extension StoreWriter {
    package func logGroup(named name: String, in location: Location) throws(StoreError) -> LogGroup? {
        let statement = try statement(LogRows.group)
        return try LogRows.read(statement, name, location)
    }

    /// - Throws: `.conflict` when there is one of that name.
    package func createLogGroup(
        named name: String, in location: Location, tags: [String: String]
    ) throws(StoreError) {
        guard try logGroup(named: name, in: location) == nil else {
            throw .conflict("The specified log group already exists")
        }
        _ = try addLogGroup(named: name, in: location, tags: tags)
    }

    func addLogGroup(
        named name: String, in location: Location, tags: [String: String] = [:]
    ) throws(StoreError) -> Int64 {
        let moment = now.millisecondsSinceEpoch
        return try insert(
            """
            INSERT INTO log_group (account, region, name, created_ms, retention_days, tags, stored_bytes, next_number)
            VALUES (?1, ?2, ?3, ?4, NULL, ?5, 0, 1)
            """
        ) { statement in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            statement.bind(4, moment)
            statement.bind(5, JSONValue(tags).text)
        }
    }

    /// Removes a group with its streams; its events go bit by bit.
    ///
    /// - Throws: `.notFound`, as the others here.
    package func deleteLogGroup(named name: String, in location: Location) throws(StoreError) {
        let group = try existingLogGroup(named: name, in: location)
        try run("DELETE FROM log_group WHERE key = ?1") { $0.bind(1, group.key) }
        try run("DELETE FROM log_stream WHERE log_group = ?1") { $0.bind(1, group.key) }
        try eraseLog(group: group.key, stream: 0)
    }

    /// - Parameter days: `nil` to keep events for ever.
    package func setLogRetention(
        _ days: Int?, ofGroupNamed name: String, in location: Location
    ) throws(StoreError) {
        let group = try existingLogGroup(named: name, in: location)
        try run("UPDATE log_group SET retention_days = ?2 WHERE key = ?1") { statement in
            statement.bind(1, group.key)
            statement.bind(2, days.map { Int64($0) })
        }
    }

    /// - Throws: `.limit` when there would be more tags than `limit`.
    package func changeLogTags(
        ofGroupNamed name: String, in location: Location, set: [String: String], remove: [String],
        limit: Int
    ) throws(StoreError) {
        let group = try existingLogGroup(named: name, in: location)
        var tags = group.tags.merging(set) { $1 }
        for key in remove { tags[key] = nil }
        guard tags.count <= limit else { throw .limit("A log group has at most \(limit) tags.") }
        try run("UPDATE log_group SET tags = ?2 WHERE key = ?1") { statement in
            statement.bind(1, group.key)
            statement.bind(2, JSONValue(tags).text)
        }
    }

    func existingLogGroup(
        named name: String, in location: Location
    ) throws(StoreError) -> LogGroup {
        guard let group = try logGroup(named: name, in: location) else {
            throw .notFound(LogRows.groupNoun)
        }
        return group
    }

    private func eraseLog(group: Int64, stream: Int64) throws(StoreError) {
        try run("INSERT INTO log_erasure (log_group, stream) VALUES (?1, ?2)") { statement in
            statement.bind(1, group)
            statement.bind(2, stream)
        }
    }
}

// MARK: - Streams

extension StoreWriter {
    package func createLogStream(
        named name: String, inGroup group: String, in location: Location
    ) throws(StoreError) {
        let group = try existingLogGroup(named: group, in: location)
        guard try logStream(named: name, in: group.key) == nil else {
            throw .conflict("The specified log stream already exists")
        }
        _ = try addLogStream(named: name, in: group.key)
    }

    func addLogStream(named name: String, in group: Int64) throws(StoreError) -> Int64 {
        let moment = now.millisecondsSinceEpoch
        return try insert(
            """
            INSERT INTO log_stream (log_group, name, created_ms, last_event_ms, ingested_ms)
            VALUES (?1, ?2, ?3, 0, 0)
            """
        ) { statement in
            statement.bind(1, group)
            statement.bind(2, name)
            statement.bind(3, moment)
        }
    }

    package func deleteLogStream(
        named name: String, inGroup group: String, in location: Location
    ) throws(StoreError) {
        let group = try existingLogGroup(named: group, in: location)
        guard let stream = try logStream(named: name, in: group.key) else {
            throw .notFound(LogRows.streamNoun)
        }
        try run("DELETE FROM log_stream WHERE key = ?1") { $0.bind(1, stream.key) }
        try eraseLog(group: group.key, stream: stream.key)
    }

    func logStream(named name: String, in group: Int64) throws(StoreError) -> LogStream? {
        let statement = try statement(LogRows.stream)
        return try LogRows.read(statement, name, group)
    }
}
