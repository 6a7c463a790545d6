import Glibc

/// The least that storing single rows for many callers can cost: threads that each hand one row to one writer and wait.
///
/// The writer takes all rows that wait as a group, in one transaction of SQLite's C API, and wakes their callers after
/// the commit. There is no protocol, no parsing and no answer.
final class RawGroupCommit: @unchecked Sendable {
    // Sendable because all that changes is touched with `lock` held.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let rowsWait = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let groupIsDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting = 0
    /// The group that is being gathered.
    private var group = 0
    private var committedGroups = 0

    private init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(rowsWait, nil)
        pthread_cond_init(groupIsDone, nil)
    }

    deinit {
        pthread_cond_destroy(groupIsDone)
        pthread_cond_destroy(rowsWait)
        pthread_mutex_destroy(lock)
        lock.deallocate()
        rowsWait.deallocate()
        groupIsDone.deallocate()
    }

    /// Rows per second of `callers` threads that hand over `rows` rows in all.
    static func rate(
        path: String, _ durability: RawDatabase.Durability, callers: Int, rows: Int, bytes: Int
    ) throws(BenchError) -> Double {
        let database = try RawDatabase(path: path, durability: durability)
        let each = rows / callers
        let commits = RawGroupCommit()
        let start = Monotonic.nanoseconds()
        var threads: [BenchThread] = []
        for _ in 0..<callers { threads.append(try BenchThread { commits.call(times: each) }) }
        try commits.write(rows: each * callers, bytes: bytes, to: database)
        for thread in threads { thread.join() }
        return Double(each * callers) / Monotonic.seconds(since: start)
    }

    private func call(times: Int) {
        for _ in 0..<times {
            pthread_mutex_lock(lock)
            waiting += 1
            if waiting == 1 { pthread_cond_signal(rowsWait) }
            let mine = group
            while committedGroups <= mine { pthread_cond_wait(groupIsDone, lock) }
            pthread_mutex_unlock(lock)
        }
    }

    private func write(rows: Int, bytes: Int, to database: RawDatabase) throws(BenchError) {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        var id: Int64 = 0
        while id < Int64(rows) {
            pthread_mutex_lock(lock)
            while waiting == 0 { pthread_cond_wait(rowsWait, lock) }
            let count = waiting
            waiting = 0
            group += 1
            pthread_mutex_unlock(lock)
            try database.begin()
            for _ in 0..<count {
                id += 1
                try database.insertMessage(id: id, body: body)
            }
            try database.commit()
            pthread_mutex_lock(lock)
            committedGroups += 1
            pthread_cond_broadcast(groupIsDone)
            pthread_mutex_unlock(lock)
        }
    }
}
