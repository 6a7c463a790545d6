package import EventModel
import SQLite

// MARK: - Mappings

extension StoreWriter {
    /// - Throws: `.conflict` when the ID is taken, `.limit` when all mapping keys are spent.
    package func createMapping(_ mapping: EventSourceMapping) throws(StoreError) {
        guard definitions.mappings[mapping.id] == nil else {
            throw .conflict("Mapping \(mapping.id) exists already.")
        }
        let free = try nextKeyIsFree(in: "mapping")
        let key = try insert("INSERT INTO mapping (key, id, definition) VALUES (?1, ?2, ?3)") { statement in
            statement.bind(1, free)
            statement.bind(2, mapping.id)
            statement.bind(3, MappingCodec.text(mapping))
        }
        changeDefinitions { definitions in
            definitions.mappings[mapping.id] = mapping
            definitions.mappingKeys[mapping.id] = key
        }
    }

    package func updateMapping(_ mapping: EventSourceMapping) throws(StoreError) {
        let key = try mappingKey(mapping.id)
        try run("UPDATE mapping SET definition = ?2 WHERE key = ?1") { statement in
            statement.bind(1, key)
            statement.bind(2, MappingCodec.text(mapping))
        }
        changeDefinitions { $0.mappings[mapping.id] = mapping }
    }

    /// Deletes the mapping with its checkpoints and decisions; its discards stay.
    package func deleteMapping(_ id: String) throws(StoreError) {
        let key = try mappingKey(id)
        try run("DELETE FROM mapping WHERE key = ?1") { $0.bind(1, key) }
        try run("DELETE FROM checkpoint WHERE id >= ?1 AND id <= ?2") { statement in
            statement.bind(1, CheckpointKey.first(key))
            statement.bind(2, CheckpointKey.last(key))
        }
        try run("DELETE FROM settled_ahead WHERE id >= ?1 AND id <= ?2") { statement in
            statement.bind(1, CheckpointKey.first(key))
            statement.bind(2, CheckpointKey.last(key))
        }
        try run("DELETE FROM open_window WHERE id >= ?1 AND id <= ?2") { statement in
            statement.bind(1, CheckpointKey.first(key))
            statement.bind(2, CheckpointKey.last(key))
        }
        try run("DELETE FROM decision WHERE id >= ?1 AND id <= ?2") { statement in
            statement.bind(1, RowKey.first(key))
            statement.bind(2, RowKey.last(key))
        }
        changeDefinitions { definitions in
            definitions.mappings[id] = nil
            definitions.mappingKeys[id] = nil
        }
    }

    func mappingKey(_ id: String) throws(StoreError) -> Int64 {
        guard let key = definitions.mappingKeys[id] else { throw .notFound("Mapping \(id)") }
        return key
    }
}

/// A checkpoint's row key: mapping in the high bits, shard in the low 20.
enum CheckpointKey {
    static func make(_ mapping: Int64, _ shard: ShardKey) -> Int64 { mapping << 20 | shard.rawValue }
    static func first(_ mapping: Int64) -> Int64 { mapping << 20 }
    static func last(_ mapping: Int64) -> Int64 { mapping << 20 | (1 << 20 - 1) }
    static func shard(_ id: Int64) -> ShardKey { ShardKey(rawValue: id & (1 << 20 - 1)) }
}
