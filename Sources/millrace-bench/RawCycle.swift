/// A queue in SQLite without anything around it: one connection that claims ten rows, commits, deletes them, commits.
///
/// This is its best form: the claim is one `UPDATE … RETURNING` over a literal run of ids found by the primary key (no
/// index on visibility has to be kept), the deletion goes by primary key in one transaction, statements are prepared
/// once, bodies are read where they lie, and nobody competes for the rows.
enum RawCycle {
    /// Messages per second of receiving and deleting `messages` waiting ones, ten at a time.
    static func rate(
        path: String, _ durability: RawDatabase.Durability, messages: Int, bytes: Int
    ) throws(BenchError) -> Double {
        let database = try RawDatabase(path: path, durability: durability)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        try database.begin()
        for id in 1...Int64(messages) { try database.insertWaiting(id: id, body: body) }
        try database.commit()
        try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
        var left = messages
        var bytesRead = 0
        let start = Monotonic.nanoseconds()
        while left > 0 {
            let claimed = try database.claim(10) { bytesRead += $0.count }
            guard !claimed.isEmpty else { throw BenchError("the raw queue is empty too soon") }
            try database.begin()
            try database.deleteWaiting(claimed)
            try database.commit()
            left -= claimed.count
        }
        let seconds = Monotonic.seconds(since: start)
        guard bytesRead == messages * bytes else { throw BenchError("the raw queue lost bytes") }
        return Double(messages) / seconds
    }
}
