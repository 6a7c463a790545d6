// MARK: - Code of functions

extension EventStore {
    /// Runs work with code on a thread of its own, in the order of the calls: unpacking takes seconds.
    ///
    /// - Parameter bytes: What the job holds in memory.
    /// - Returns: False, with nothing done, when too much waits already or the store is closed.
    package func workWithCode(bytes: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        codeWorker?.submit(bytes: bytes, job) ?? false
    }

    /// Looks for code that nothing refers to any more; it goes when it was found twice, `CodeFiles.graceSeconds` apart.
    package func sweepCodeSoon() {
        // A closed store needs no sweep: the next start makes one.
        _ = workWithCode(bytes: 0) { [weak self] in self?.sweepCode() }
    }

    /// Calls back once what an earlier life left behind is gone.
    package func whenCodeIsSwept(_ action: @escaping @Sendable () -> Void) {
        codeWorker?.afterSweep(action)
    }

    func sweepCode() { codeFiles.sweep(keeping: catalog.snapshot.codeNames, now: now()) }
}
