import EventModel

// Which records are asked for, and what is known of those that were not.

extension ShardMachine {
    /// What is known of the records behind the buffer.
    enum Reading: Equatable {
        /// A fetch is outstanding; `changed` tells that its answer may be older than the newest records.
        case underWay(changed: Bool)
        case paused(Beyond)
    }

    enum Beyond: Equatable {
        case more
        /// Something was appended since the last read.
        case changed
        case nothing
        case shardEnd
    }

    mutating func noteChange() {
        switch reading {
        case .underWay: reading = .underWay(changed: true)
        case .paused(.nothing): reading = .paused(.changed)
        case .paused(.more), .paused(.changed), .paused(.shardEnd): break
        }
    }

    mutating func take(_ fetched: FetchedRecords, into effects: inout [Effect]) {
        guard case .underWay(let changed) = reading else {
            preconditionFailure("records arrive when they were asked for")
        }
        for record in fetched.records {
            precondition(record.position > readThrough, "records arrive in order")
            readThrough = record.position
            buffer.append(record)
        }
        readThrough = max(readThrough, fetched.through ?? 0)
        switch fetched.continuation {
        case .more: reading = .paused(.more)
        case .exhausted: reading = .paused(changed ? .changed : .nothing)
        case .shardEnd: reading = .paused(.shardEnd)
        }
        // What was passed over needs no invocation when nothing before it waits for one.
        if buffer.isEmpty, readThrough > checkpoint { settleFirst(0, into: &effects) }
    }

    /// Asks for records while there is room for them, also during an invocation.
    mutating func read(into effects: inout [Effect]) {
        switch phase {
        case .collecting, .waiting, .invoking(_, _, thenStop: false): break
        case .notStarted, .invoking, .finished, .stopped: return
        }
        switch reading {
        case .paused(.more), .paused(.changed): break
        case .paused(.nothing), .paused(.shardEnd), .underWay: return
        }
        guard buffer.count <= settings.readAheadRecords / 2, buffer.bytes <= settings.readAheadBytes / 4 * 3
        else {
            return
        }
        reading = .underWay(changed: false)
        effects.append(
            .fetch(
                after: readThrough, limit: settings.readAheadRecords - buffer.count,
                bytes: settings.readAheadBytes - buffer.bytes))
    }
}
