package import EventModel
import SQLite

extension StoreWriter {
    /// How long a transaction's token is known (DynamoDB API reference, `TransactWriteItems`).
    private static let tokenLifetime = Duration.seconds(600)

    /// The digest that a token was stored with; `nil` when it is not known, or no longer.
    package func digest(ofToken token: String, in location: Location) throws(StoreError) -> [UInt8]? {
        let oldest = now - StoreWriter.tokenLifetime
        let statement = try statement(
            """
            SELECT digest FROM transaction_token
            WHERE account = ?1 AND region = ?2 AND token = ?3 AND at_ms > ?4
            """)
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, token)
            statement.bind(4, oldest.millisecondsSinceEpoch)
            defer { statement.reset() }
            return try statement.step() ? statement.array(0) : nil
        }
    }

    /// Keeps a token for ten minutes; removes a few that are older, so that the table stays small.
    package func keep(
        token: String, digest: [UInt8], in location: Location
    ) throws(StoreError) {
        let oldest = now - StoreWriter.tokenLifetime
        try run(
            """
            DELETE FROM transaction_token WHERE id IN (
                SELECT id FROM (SELECT id, at_ms FROM transaction_token ORDER BY id LIMIT 8) WHERE at_ms <= ?1)
            """
        ) { $0.bind(1, oldest.millisecondsSinceEpoch) }
        try run(
            """
            INSERT OR REPLACE INTO transaction_token (account, region, token, digest, at_ms)
            VALUES (?1, ?2, ?3, ?4, ?5)
            """
        ) { statement in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, token)
            statement.bind(4, digest)
            statement.bind(5, now.millisecondsSinceEpoch)
        }
    }
}
