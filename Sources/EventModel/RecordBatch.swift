/// Records on their way into one stream: one arena of bytes, and entries that name ranges of it.
package struct RecordBatch: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        /// An open shard of the stream.
        package var shard: ShardKey
        /// Kinesis: the partition key as UTF-8. Table streams: the item's canonical key bytes.
        package var partitionKey: Range<Int>
        /// Kinesis: the record's bytes. Table streams: a `ChangeRecord` in its stored form.
        package var payload: Range<Int>

        package init(shard: ShardKey, partitionKey: Range<Int>, payload: Range<Int>) {
            self.shard = shard
            self.partitionKey = partitionKey
            self.payload = payload
        }
    }

    package var bytes: [UInt8]
    package var entries: [Entry]

    package init(bytes: [UInt8] = [], entries: [Entry] = []) {
        self.bytes = bytes
        self.entries = entries
    }

    package mutating func append(shard: ShardKey, partitionKey: [UInt8], payload: [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: partitionKey)
        let middle = bytes.count
        bytes.append(contentsOf: payload)
        entries.append(Entry(shard: shard, partitionKey: start..<middle, payload: middle..<bytes.count))
    }
}

/// Where one entry of a `RecordBatch` was stored.
package struct AppendedRecord: Equatable, Sendable {
    package let shard: ShardKey
    package let position: Position
    /// The approximate arrival time; never smaller than that of an earlier record of the shard.
    package let arrival: Timestamp

    package init(shard: ShardKey, position: Position, arrival: Timestamp) {
        self.shard = shard
        self.position = position
        self.arrival = arrival
    }
}
