package import EventModel

// One read serves all lanes. What it brings waits, lane by lane, until the lane's machine asks for it.

extension LaneMachine {
    /// Records above the checkpoint that may be held, settled ones included: what a blocked lane lets the others have.
    package var readAheadRecords: Int { lanes.count * settings.readAheadRecords }

    /// Encoded bytes that may be held: one full event for each lane and one more. A fetch may go over by one record.
    package var readAheadBytes: Int { (lanes.count + 1) * settings.batch.eventBytes }

    /// An eighth is kept free, so that near the bound reads do not become tiny.
    var hasRoom: Bool {
        window.count <= readAheadRecords / 8 * 7 && window.bytes <= readAheadBytes / 8 * 7
    }

    mutating func noteChange() {
        switch reading {
        case .underWay: reading = .underWay(changed: true)
        case .paused(.nothing): reading = .paused(.changed)
        case .paused(.more), .paused(.changed), .paused(.shardEnd): break
        }
    }

    mutating func take(_ fetched: ShardMachine.FetchedRecords, _ places: [UInt8]) {
        // What is staged now would never be asked for.
        guard !isStopping else { return }
        guard case .underWay(let changed) = reading else {
            preconditionFailure("records arrive when they were asked for")
        }
        precondition(lanes.count == 1 || places.count == fetched.records.count, "each record has a lane")
        for (index, record) in fetched.records.enumerated() {
            let lane = lanes.count == 1 ? 0 : places[index]
            precondition(record.position > readThrough, "records arrive in order")
            readThrough = record.position
            window.append(record, lane: Int(lane))
            lanes[Int(lane)].staged.append(record)
        }
        readThrough = max(readThrough, fetched.through ?? 0)
        switch fetched.continuation {
        case .more: reading = .paused(.more)
        case .exhausted: reading = .paused(changed ? .changed : .nothing)
        case .shardEnd: reading = .paused(.shardEnd)
        }
    }

    /// Gives the lanes what they wait for, and asks for more when some lane has nothing left.
    mutating func supply(now: Timestamp, into effects: inout [Effect]) {
        guard !isStopping else { return }
        var isMoving = true
        while isMoving {
            isMoving = false
            for lane in lanes.indices where serve(lane, now: now, into: &effects) { isMoving = true }
            if !isMoving { isMoving = closeWindow(now: now, into: &effects) }
        }
        read(into: &effects)
    }

    /// False when there is nothing to say to the lane.
    private mutating func serve(_ lane: Lane, now: Timestamp, into effects: inout [Effect]) -> Bool {
        guard lanes[lane].end == nil else { return false }
        if let wanted = lanes[lane].wanted {
            guard let answer = answer(to: lane, limit: wanted.limit, bytes: wanted.bytes) else {
                return false
            }
            lanes[lane].wanted = nil
            lanes[lane].wasToldNothing = answer.continuation == .exhausted
            feed(.fetched(answer), to: lane, now: now, into: &effects)
            return true
        }
        let hasRecords = !lanes[lane].staged.isEmpty && admits(lanes[lane].staged[0])
        guard lanes[lane].wasToldNothing, hasRecords || isAtEnd else { return false }
        lanes[lane].wasToldNothing = false
        feed(.recordsMayBeAvailable, to: lane, now: now, into: &effects)
        return true
    }

    /// What a lane is given now; `nil` while a read may bring something for it.
    private mutating func answer(
        to lane: Lane, limit: Int, bytes: Int
    ) -> ShardMachine.FetchedRecords? {
        if !lanes[lane].staged.isEmpty, !admits(lanes[lane].staged[0]) { return .init([], .exhausted) }
        guard !lanes[lane].staged.isEmpty else {
            switch reading {
            case .underWay: return nil
            // At the bound a batch goes out as it is: what would fill it is not going to be read.
            case .paused(.more), .paused(.changed): return hasRoom ? nil : .init([], .exhausted)
            case .paused(.nothing): return .init([], .exhausted)
            case .paused(.shardEnd): return .init([], isAtEnd ? .shardEnd : .exhausted)
            }
        }
        var taken: [RecordSummary] = []
        var sum = 0
        while taken.count < min(limit, lanes[lane].staged.count), sum <= bytes {
            let record = lanes[lane].staged[taken.count]
            guard admits(record) else { break }
            taken.append(record)
            sum += record.encodedBytes
        }
        lanes[lane].staged.removeFirst(taken.count)
        let isLast = lanes[lane].staged.isEmpty && isAtEnd
        return .init(taken, isLast ? .shardEnd : .more)
    }

    /// Nothing comes any more, not even the end of a window.
    private var isAtEnd: Bool { reading == .paused(.shardEnd) && windows?.open == nil }

    private mutating func read(into effects: inout [Effect]) {
        switch reading {
        case .paused(.more), .paused(.changed): break
        case .underWay, .paused(.nothing), .paused(.shardEnd): return
        }
        guard hasRoom, lanes.contains(where: \.isHungry) else { return }
        reading = .underWay(changed: false)
        effects.append(
            .fetch(
                after: readThrough, limit: readAheadRecords - window.count,
                bytes: min(readAheadBytes - window.bytes, settings.readAheadBytes)))
    }
}

extension LaneMachine.LaneState {
    /// A read could bring something that it has room for.
    fileprivate var isHungry: Bool { staged.isEmpty && (wanted != nil || wasToldNothing) && end == nil }
}

// MARK: - For people

extension LaneMachine {
    /// The lane with the oldest record that is not settled, and that record.
    package var lowest: (lane: Lane, position: Position)? {
        var found: (lane: Lane, position: Position)?
        for (lane, state) in lanes.enumerated() {
            guard let first = state.first else { continue }
            if first < found?.position ?? .max { found = (lane, first) }
        }
        return found
    }

    /// More records are stored and are not read, because too many lie above the oldest that is not settled.
    package var isHeldBack: Bool {
        switch reading {
        case .paused(.more), .paused(.changed): !hasRoom && lanes.contains(where: \.isHungry)
        case .underWay, .paused(.nothing), .paused(.shardEnd): false
        }
    }

    /// Records that were read and are not settled.
    package var bufferedRecords: Int {
        lanes.reduce(0) { $0 + $1.machine.bufferedRecords + $1.staged.count }
    }

    package var laneCount: Int { lanes.count }

    package func activity(of lane: Lane) -> ShardMachine.Activity { lanes[lane].machine.activity }

    /// Invocations that are under way.
    package var inFlightBatches: Int {
        lanes.count { if case .invoking = $0.machine.activity { true } else { false } }
            + (isInvokingWindow ? 1 : 0)
    }

    /// Tells once for each record why nothing more is read while its lane fails to get past it.
    mutating func explainHeldBack(into effects: inout [Effect]) {
        guard isHeldBack, let lowest, heldBackAt != lowest.position else { return }
        guard case .waiting = activity(of: lowest.lane) else { return }
        heldBackAt = lowest.position
        effects.append(.explainHeldBack(lowest.lane, first: lowest.position, records: window.count))
    }
}
