/// Brings a file to the newest format, one committed step at a time, and refuses files that are newer than the program.
package struct Migrator: Sendable {
    /// The SQL of each step; the first makes format 1 out of an empty file.
    package let steps: [String]

    package enum Outcome: Equatable, Sendable {
        case migrated(from: Int, to: Int)
        /// Nothing was touched.
        case newerFile(found: Int)
    }

    package init(steps: [String]) { self.steps = steps }

    /// The format lives in `user_version` (https://www.sqlite.org/pragma.html#pragma_user_version).
    package func migrate(_ connection: Connection) throws(SQLiteError) -> Outcome {
        let found = Int(try connection.scalar("PRAGMA user_version") ?? "0") ?? 0
        guard found <= steps.count else { return .newerFile(found: found) }
        for (index, sql) in steps.enumerated().dropFirst(found) {
            try connection.execute("BEGIN IMMEDIATE")
            do {
                try connection.execute(sql)
                try connection.execute("PRAGMA user_version = \(index + 1)")
                try connection.execute("COMMIT")
            } catch {
                // SQLite may have rolled back by itself; only the first error is worth telling.
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }
                throw error
            }
        }
        return .migrated(from: found, to: steps.count)
    }
}
