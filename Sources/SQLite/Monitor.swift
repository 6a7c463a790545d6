import Glibc

/// A value behind a lock, with a signal for threads that wait for it to change.
///
/// `Synchronization.Mutex` has no condition variable, and a writer that waits for work must sleep, not spin.
package final class Monitor<Value>: @unchecked Sendable {
    // Sendable because `value` is only touched with `lock` held.
    private var value: Value
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    package init(_ value: consuming sending Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) -> sending Result) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body(&value)
    }

    /// Changes the value, and wakes a waiting thread if `body` says so; returns what it said.
    @discardableResult
    package func update(_ body: (inout Value) -> Bool) -> Bool {
        pthread_mutex_lock(lock)
        let wakes = body(&value)
        pthread_mutex_unlock(lock)
        if wakes { pthread_cond_signal(changed) }
        return wakes
    }

    /// Waits until `body` returns something; `nil` when `timeout` passed before.
    package func wait<Result>(
        atMost timeout: Duration?, _ body: (inout Value) -> Result?
    ) -> Result? {
        var deadline = timespec()
        if let timeout {
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let (seconds, attoseconds) = timeout.components
            let nanoseconds = deadline.tv_nsec + Int(attoseconds / 1_000_000_000)
            deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
            deadline.tv_nsec = nanoseconds % 1_000_000_000
        }
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        var isLate = false
        while !isLate {
            if let result = body(&value) { return result }
            if timeout == nil {
                pthread_cond_wait(changed, lock)
            } else {
                isLate = pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT
            }
        }
        return body(&value)
    }
}
