package import EventModel
import SQLite

extension StoreWriter {
    /// Keeps what changed of a stream besides its shards: mode, retention, settings, consumers.
    ///
    /// - Throws: `.notFound` when the stream is gone.
    package func updateStream(_ stream: StreamDefinition) throws(StoreError) {
        guard let stored = definitions.streams[stream.key] else { throw .notFound("The stream") }
        precondition(
            stored.shards == stream.shards && stored.isEnabled == stream.isEnabled,
            "shards are changed by the operations for them")
        try run("UPDATE stream SET settings = ?2 WHERE key = ?1") { statement in
            statement.bind(1, stream.key.rawValue)
            statement.bind(2, StreamCodec.text(stream))
        }
        changeDefinitions { $0.put(stream) }
    }
}
