import AWSWire
import EventModel
import EventStore

// MARK: - The pace of FIFO queues

extension SQSService {
    /// Counts a send. Messages of groups that are sent to too often get a problem.
    ///
    /// - Throws: When the whole queue is called too often.
    func limit(_ request: inout SendRequest, to queue: QueueDefinition) throws(AWSError) {
        guard throttle != nil, queue.isFIFO else { return }
        let sound = request.entries.indices.filter { request.entries[$0].problem == nil }
        let groups = sound.map { index in
            GroupName.hash(request.arena.span.extracting(request.entries[index].groupID))
        }
        for (place, refusal) in try refusals(of: .send, groups, queue) {
            request.entries[sound[place]].problem = refusal
        }
    }

    /// Counts a deletion. A message whose group is not known is none that can be deleted; the store says so.
    ///
    /// - Returns: By place, the errors of those whose groups are deleted from too often.
    /// - Throws: When the whole queue is called too often.
    func limit(
        _ leases: [MessageLease], from queue: QueueDefinition
    ) throws(AWSError) -> [Int: AWSError] {
        guard throttle != nil, queue.isFIFO else { return [:] }
        return try refusals(
            of: .delete, store.leases.groups(of: leases.map(\.position), in: queue.key), queue)
    }

    /// Counts a receive of a queue that has one pace; that of groups is counted when it is known which are received.
    func limitReceive(from queue: QueueDefinition) throws(AWSError) {
        guard queue.attributes.fifo?.throughputLimit == .perQueue else { return }
        _ = try refusals(of: .receive, [nil], queue)
    }

    /// The groups that a receive has to pass over.
    func spentGroups(of queue: QueueDefinition, now: Timestamp) -> Set<UInt64> {
        guard queue.attributes.fifo?.throughputLimit == .perMessageGroupID else { return [] }
        return throttle?.spentGroups(of: queue.key, now: now) ?? []
    }

    func countReceive(of groups: Set<UInt64>, from queue: QueueDefinition, now: Timestamp) {
        guard queue.attributes.fifo?.throughputLimit == .perMessageGroupID else { return }
        // Only a repeated attempt can be of a group that is used up; it gets what it got before.
        for group in groups { _ = throttle?.admit(.receive, to: queue.key, group: group, now: now) }
    }

    /// Counts a call once, or once for each group in it.
    ///
    /// - Parameter groups: One for each message.
    private func refusals(
        of action: FIFOThrottle.Action, _ groups: [UInt64?], _ queue: QueueDefinition
    ) throws(AWSError) -> [Int: AWSError] {
        guard throttle != nil, let fifo = queue.attributes.fifo, !groups.isEmpty else { return [:] }
        let now = now()
        guard fifo.throughputLimit == .perMessageGroupID else {
            guard throttle?.admit(action, to: queue.key, now: now) != false else {
                throw action.refusal(isOfGroup: false)
            }
            return [:]
        }
        var isAdmitted: [UInt64: Bool] = [:]
        var refusals: [Int: AWSError] = [:]
        for (place, group) in groups.enumerated() {
            guard let group else { continue }
            let answer =
                isAdmitted[group]
                ?? (throttle?.admit(action, to: queue.key, group: group, now: now) != false)
            isAdmitted[group] = answer
            if !answer { refusals[place] = action.refusal(isOfGroup: true) }
        }
        return refusals
    }
}

extension FIFOThrottle.Action {
    /// What a call gets that comes too soon.
    func refusal(isOfGroup: Bool) -> AWSError {
        let name =
            switch self {
            case .send: "sends"
            case .receive: "receives"
            case .delete: "deletes"
            }
        let place = isOfGroup ? "message group" : "queue"
        return .throttled("The \(place) has had \(FIFOThrottle.callsPerSecond) \(name) in a second.")
    }
}
