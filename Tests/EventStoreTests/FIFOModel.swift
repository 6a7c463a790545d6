import EventModel
import EventStore

/// What a FIFO queue has to be, in the most obvious way: an array in the order of sending that is searched from its
/// start for every question (sources-api.md A6).
struct FIFOModel {
    struct Message: Equatable {
        let position: Position
        let body: String
        let group: String
        let deduplicationID: String
        let sentAt: Timestamp
        var receiveCount = 0
        /// Of the last receive and what changed it since; counts once it was received.
        var hiddenUntil = Timestamp(millisecondsSinceEpoch: 0)
    }

    /// A send as deduplication remembers it, also when its message is gone.
    struct Send {
        let deduplicationID: String
        let group: String
        let at: Timestamp
        let position: Position
        /// Of the queue when it was sent.
        let scope: FIFOSettings.DeduplicationScope
    }

    var messages: [Message] = []
    var sends: [Send] = []
    var delaySeconds = 0
    var scope = FIFOSettings.DeduplicationScope.queue
    var maxReceiveCount: Int?
    /// Since a restart, a message that is delayed (again, by a longer delay) may hold up what follows it in all groups.
    var hasRestarted = false

    static let window = Duration.seconds(300)
}

// MARK: - Sending

extension FIFOModel {
    /// The send within five minutes that makes another one a duplicate.
    func original(of deduplicationID: String, in group: String, at now: Timestamp) -> Send? {
        sends.first { send in
            send.deduplicationID == deduplicationID && now - send.at < Self.window
                && (scope == .queue || send.group == group)
        }
    }

    /// True when a send would be exactly on the edge of the window, which nobody has told about.
    func isOnEdge(_ deduplicationID: String, at now: Timestamp) -> Bool {
        sends.contains { $0.deduplicationID == deduplicationID && now - $0.at == Self.window }
    }

    /// True when the scope was another one at one of the two sends and their groups differ: nobody has told about it,
    /// but that switching to groups keeps what was seen.
    func isUndecided(_ deduplicationID: String, in group: String) -> Bool {
        sends.contains { send in
            send.deduplicationID == deduplicationID && send.group != group && send.scope != scope
        }
    }

    mutating func sent(_ message: Message) {
        messages.append(message)
        sends.append(
            Send(
                deduplicationID: message.deduplicationID, group: message.group, at: message.sentAt,
                position: message.position, scope: scope))
    }
}

// MARK: - Receiving

extension FIFOModel {
    /// In flight or delayed. The queue's delay counts from the send, also when it was changed later.
    func isHidden(_ message: Message, at now: Timestamp) -> Bool {
        message.receiveCount > 0
            ? message.hiddenUntil > now : message.sentAt + .seconds(delaySeconds) > now
    }

    func isInFlight(_ message: Message, at now: Timestamp) -> Bool {
        message.receiveCount > 0 && message.hiddenUntil > now
    }

    func isSpent(_ message: Message) -> Bool { maxReceiveCount.map { message.receiveCount >= $0 } ?? false }

    /// The messages of a group that a receive may meet: those before its first hidden one.
    func open(in group: String, at now: Timestamp) -> [Message] {
        Array(messages.filter { $0.group == group }.prefix { !isHidden($0, at: now) })
    }

    var groups: [String] {
        messages.reduce(into: [String]()) { found, message in
            if !found.contains(message.group) { found.append(message.group) }
        }
    }

    /// What is wrong with the answer of a receive, in words; takes the receive over.
    ///
    /// - Parameter got: Positions in the order of the answer.
    mutating func receive(
        _ got: [Position], maximum: Int, hiddenUntil: Timestamp, at now: Timestamp
    ) -> [String] {
        var problems: [String] = []
        if got.count > maximum { problems.append("\(got.count) messages instead of \(maximum)") }
        let answered = got.compactMap { position in messages.first { $0.position == position } }
        if answered.count < got.count { problems.append("messages that are not there: \(got)") }
        for group in groups {
            let open = open(in: group, at: now)
            let wanted = open.filter { !isSpent($0) }.map(\.position)
            let mine = answered.filter { $0.group == group }.map(\.position)
            if mine != Array(wanted.prefix(mine.count)) {
                problems.append("group \(group) gave \(mine), and what may be had of it is \(wanted)")
            }
            // What follows a spent message may have to wait until that one has gone.
            if got.count < maximum, mine.count < wanted.count, !open.contains(where: isSpent),
                !(hasRestarted && hasDelayed(before: wanted[mine.count], at: now))
            {
                problems.append("group \(group) gave \(mine) of \(wanted), though there was room")
            }
        }
        if !isGroupAfterGroup(answered) {
            problems.append("groups are mixed: \(answered.map(\.group))")
        }
        for position in got {
            guard let index = messages.firstIndex(where: { $0.position == position }) else { continue }
            messages[index].receiveCount += 1
            messages[index].hiddenUntil = hiddenUntil
        }
        return problems
    }

    private func hasDelayed(before position: Position, at now: Timestamp) -> Bool {
        messages.contains { $0.position < position && $0.receiveCount == 0 && isHidden($0, at: now) }
    }

    /// One receive takes all it can from a group before it goes on to the next.
    private func isGroupAfterGroup(_ messages: [Message]) -> Bool {
        var seen: [String] = []
        for message in messages where seen.last != message.group {
            if seen.contains(message.group) { return false }
            seen.append(message.group)
        }
        return true
    }
}

// MARK: - Settling

extension FIFOModel {
    func message(_ position: Position) -> Message? { messages.first { $0.position == position } }

    /// Whether a receipt has expired: its message is there and visible again, or was received again.
    func isExpired(_ lease: MessageLease, at now: Timestamp) -> Bool {
        guard let message = message(lease.position) else { return false }
        return Int(lease.serial) != message.receiveCount || message.hiddenUntil <= now
    }

    mutating func delete(_ leases: [MessageLease], at now: Timestamp) -> [MessageLease] {
        let refused = leases.filter { isExpired($0, at: now) }
        let gone = leases.filter { !refused.contains($0) }.map(\.position)
        messages.removeAll { gone.contains($0.position) }
        return refused
    }

    mutating func changeVisibility(_ position: Position, until moment: Timestamp) {
        for index in messages.indices where messages[index].position == position {
            messages[index].hiddenUntil = moment
        }
    }

    mutating func purge() {
        messages = []
        sends = []
    }

    func counters(_ now: Timestamp) -> QueueCounters {
        QueueCounters(
            visible: messages.count { !isHidden($0, at: now) },
            inFlight: messages.count { isInFlight($0, at: now) },
            delayed: messages.count { $0.receiveCount == 0 && isHidden($0, at: now) })
    }
}

/// Whether groups take turns: one that was served goes behind those that wait.
struct FIFOTurns {
    private var moment = 0
    private var openSince: [String: Int] = [:]
    private var servedAt: [String: Int] = [:]

    /// Looks which groups can be received, after every step of the world.
    mutating func observe(_ model: FIFOModel, at now: Timestamp) {
        moment += 1
        for group in Set(model.groups).union(openSince.keys) {
            let open = model.open(in: group, at: now)
            // Groups with spent messages have a turn of their own, in which nothing may be answered.
            let isOpen = !open.isEmpty && !open.contains(where: model.isSpent)
            openSince[group] = isOpen ? openSince[group] ?? moment : nil
        }
    }

    /// A restart forgets whose turn it is.
    mutating func forget() {
        openSince = [:]
        servedAt = [:]
    }

    /// What is wrong with the groups of an answer, in their order.
    mutating func served(_ groups: [String]) -> [String] {
        var problems: [String] = []
        for (index, group) in groups.enumerated() {
            guard let before = servedAt[group] else { continue }
            for (other, since) in openSince where since <= before && !groups[...index].contains(other) {
                if servedAt[other] ?? -1 < before {
                    problems.append("group \(group) had its turn twice while \(other) waited")
                }
            }
        }
        for group in groups { servedAt[group] = moment }
        return problems
    }
}
