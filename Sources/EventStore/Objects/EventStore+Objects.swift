// MARK: - Bodies of objects

extension EventStore {
    /// Runs work with bodies on a thread of its own, in the order of the calls.
    ///
    /// - Parameter bytes: What the job holds in memory.
    /// - Returns: False, with nothing done, when too much waits already or the store is closed.
    package func workWithObjects(bytes: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        objectWorker?.submit(bytes: bytes, job) ?? false
    }

    /// Like `submit`, for an operation that may take over a pending file; one that it does not take over is removed.
    package func submit<T: Sendable>(
        takingOver files: [ObjectFile],
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        completion: @escaping @Sendable (Result<T, StoreError>) -> Void
    ) {
        submit(operation) { [objectFiles] result in
            for file in files { objectFiles.discardIfPending(file) }
            completion(result)
        }
    }

    /// Calls back once the files of an earlier life that belong to nobody are gone.
    package func whenObjectsAreSwept(_ action: @escaping @Sendable () -> Void) {
        objectWorker?.afterSweep(action)
    }

    /// Removes the files of a folder that no object or part names.
    ///
    /// A file that is not pending here and has no row belongs to nobody: rows are committed before a file stops being
    /// pending.
    func sweepObjects(inFolder number: Int) {
        let found = objectFiles.names(inFolder: number)
        // A failure leaves the folder as it is: the next start looks again.
        guard !found.isEmpty, let reader = try? makeReader() else { return }
        for name in found {
            let body = ObjectFiles.bodyName(of: name)
            if objectFiles.isPending(body) { continue }
            // One that cannot be looked up stays.
            let isKnown = ObjectFiles.isTemporary(name) ? false : (try? reader.hasObjectFile(body)) ?? true
            if !isKnown { objectFiles.removeOrphan(name) }
        }
    }
}
