import EventModel
import SQLite

/// What a walk through the keys of a bucket does after a visit.
package enum ObjectWalk: Equatable, Sendable {
    case next
    /// Goes on with the first key that is not before this one.
    case skip(to: [UInt8])
    case stop
}

extension StoreReader {
    package func object(_ key: String, in bucket: BucketDefinition) throws(StoreError) -> StoredObject? {
        let statement = try statement(
            "SELECT etag, modified_ms, facts, files FROM object WHERE bucket = ?1 AND key = ?2")
        let row: ObjectRow? = try storeErrors { () throws(SQLiteError) in
            statement.bind(1, bucket.key)
            statement.bind(2, Array(key.utf8))
            defer { statement.reset() }
            return try statement.step() ? ObjectRow(statement) : nil
        }
        return try row?.object(key)
    }

    /// Visits the objects of a bucket in the order of their keys' bytes, from the first that is not before `first`.
    ///
    /// - Parameter visit: Gets the key's bytes; the object's row is read only when it asks for it.
    package func walkObjects(
        in bucket: BucketDefinition, from first: [UInt8],
        _ visit: (_ key: [UInt8], _ object: () throws(StoreError) -> StoredObject) throws(StoreError)
            -> ObjectWalk
    ) throws(StoreError) {
        let statement = try statement(
            """
            SELECT key, etag, modified_ms, facts, files FROM object
            WHERE bucket = ?1 AND key >= ?2 ORDER BY key
            """)
        defer { statement.reset() }
        var start = first
        var isWalking = true
        while isWalking {
            statement.bind(1, bucket.key)
            statement.bind(2, start)
            var walk = ObjectWalk.next
            while walk == .next {
                guard try storeErrors({ () throws(SQLiteError) in try statement.step() }) else { return }
                let key = statement.array(0)
                walk = try visit(key) { () throws(StoreError) in
                    try ObjectRow(statement, from: 1).object(String(decoding: key, as: UTF8.self))
                }
            }
            statement.reset()
            if case .skip(let next) = walk { start = next } else { isWalking = false }
        }
    }

    func hasObjectFile(_ name: String) throws(StoreError) -> Bool {
        let statement = try statement("SELECT 1 FROM object_file WHERE name = ?1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, name)
            defer { statement.reset() }
            return try statement.step()
        }
    }
}
