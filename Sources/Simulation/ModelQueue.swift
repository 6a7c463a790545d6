package import EventModel

/// A standard or FIFO queue as simple as it can be, to hold others to (sources-api.md A5–A7).
package struct ModelQueue: Sendable {
    package struct Message: Equatable, Sendable {
        /// `nil` in a standard queue.
        package let group: Int?
        package let encodedBytes: Int
        package var visibleAt: Timestamp
        package var receiveCount = 0
        package var place = Place.waiting
    }

    package enum Place: Equatable, Sendable {
        case waiting
        case deleted
        case deadLettered
    }

    /// Proof of one receive of one message.
    package struct Receipt: Hashable, Sendable {
        /// In the order of sending, from 0.
        package let number: Int
        package let receiveCount: Int
    }

    package let visibility: Duration
    package let maxReceiveCount: Int
    package private(set) var messages: [Message] = []

    package init(visibility: Duration, maxReceiveCount: Int) {
        self.visibility = visibility
        self.maxReceiveCount = maxReceiveCount
    }
}

extension ModelQueue {
    package mutating func send(encodedBytes: Int, group: Int?, now: Timestamp) {
        messages.append(Message(group: group, encodedBytes: encodedBytes, visibleAt: now))
    }

    /// What could be received now, in the order in which it would be: as much as possible of one group, then of the next.
    package func available(now: Timestamp) -> [Int] {
        var ungrouped: [Int] = []
        var groups: [(name: Int, numbers: [Int], isLocked: Bool)] = []
        for (number, message) in messages.enumerated() where message.place == .waiting {
            guard let group = message.group else {
                if message.visibleAt <= now { ungrouped.append(number) }
                continue
            }
            let place = groups.firstIndex { $0.name == group } ?? groups.count
            if place == groups.count { groups.append((group, [], false)) }
            // A message in flight hides all that come after it.
            if message.visibleAt > now { groups[place].isLocked = true }
            if !groups[place].isLocked { groups[place].numbers.append(number) }
        }
        return ungrouped + groups.flatMap(\.numbers)
    }

    /// Receives up to `limit` messages, and none after those that pass `bytes` together.
    package mutating func receive(
        limit: Int, bytes: Int = .max, visibility asked: Duration? = nil, now: Timestamp
    ) -> [Receipt] {
        var found: [Receipt] = []
        var sum = 0
        for number in available(now: now) where found.count < limit && sum <= bytes {
            if messages[number].receiveCount >= maxReceiveCount {
                messages[number].place = .deadLettered
                continue
            }
            messages[number].receiveCount += 1
            messages[number].visibleAt = now + (asked ?? visibility)
            sum += messages[number].encodedBytes
            found.append(Receipt(number: number, receiveCount: messages[number].receiveCount))
        }
        return found
    }

    /// Deletes; returns those that a FIFO queue refuses because their receipts have ended.
    package mutating func delete(_ receipts: [Receipt], now: Timestamp) -> [Receipt] {
        var refused: [Receipt] = []
        for receipt in receipts where messages[receipt.number].place == .waiting {
            let message = messages[receipt.number]
            let isCurrent = message.receiveCount == receipt.receiveCount && message.visibleAt > now
            if message.group != nil, !isCurrent {
                refused.append(receipt)
            } else {
                messages[receipt.number].place = .deleted
            }
        }
        return refused
    }

    /// The next time at which a hidden message comes back; `nil` when none is hidden.
    package func nextReturn(after now: Timestamp) -> Timestamp? {
        messages.lazy.filter { $0.place == .waiting && $0.visibleAt > now }.map(\.visibleAt).min()
    }

    /// A crash of a store that keeps its receives in memory.
    package mutating func forgetReceives(now: Timestamp) {
        for number in messages.indices { messages[number].visibleAt = min(messages[number].visibleAt, now) }
    }
}
