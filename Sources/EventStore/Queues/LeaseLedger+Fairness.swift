import EventModel

/// Stands for a message group: a hash of its name, 0 for none. Two groups with one mark would share what is counted for
/// them, which delays messages at worst.
package struct GroupMark: Hashable, Sendable {
    let value: UInt64

    package static let none = GroupMark(value: 0)

    private init(value: UInt64) { self.value = value }

    /// FNV-1a of the name; an empty name is none.
    package init(_ name: Span<UInt8>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in name.indices { hash = (hash ^ UInt64(name[index])) &* 0x100_0000_01b3 }
        value = name.isEmpty ? 0 : max(hash, 1)
    }
}

/// How many messages each message group has in flight.
struct GroupShares {
    private var counts: [GroupMark: Int32] = [:]

    /// Messages in flight below which no group is noisy.
    private static let leastCount: Int32 = 10
    /// A group is noisy while it has at least one of so many messages in flight, so at most ten are at once.
    private static let part = 10

    mutating func add(_ group: GroupMark) {
        if group != .none { counts[group, default: 0] += 1 }
    }

    mutating func remove(_ group: GroupMark) {
        guard group != .none, let count = counts[group] else { return }
        counts[group] = count > 1 ? count - 1 : nil
    }

    func isNoisy(_ group: GroupMark, among inFlightCount: Int) -> Bool {
        guard group != .none, let count = counts[group] else { return false }
        return count >= GroupShares.leastCount && Int(count) * GroupShares.part >= inFlightCount
    }
}

// MARK: - Fair queues

/// A message group that holds much of what is in flight waits while others have messages: its messages are set aside when
/// a receive meets them, and served when it finds nothing else, or when eight others were received since. So a quiet
/// group's message is received soon, although a noisy one's stand before it, a noisy group has all there is when
/// nobody else wants it, and nothing waits for ever.
extension LeaseLedger {
    /// Messages that may be set aside at once (own choice, about 6 MB): how far receives look past noisy groups.
    package static let asideLimit = 50_000
    /// Receives of others after which one that was set aside has its turn (own choice).
    private static let othersBeforeAside = 8

    package var isAsideDue: Bool {
        asideCount > 0 && receivedSinceAside >= LeaseLedger.othersBeforeAside
    }

    func mustWait(_ group: GroupMark) -> Bool {
        asideCount < LeaseLedger.asideLimit && shares.isNoisy(group, among: inFlightCount)
    }

    mutating func setAside(_ position: Position, _ entry: Entry) {
        var entry = entry
        entry.state = .aside
        entries[position] = entry
        aside.append(position)
        asideCount += 1
        guard aside.count > 2 * asideCount + 1_024 else { return }
        aside.keep { entries[$0]?.state == .aside }
    }

    /// Takes the message that was set aside first; `nil` when there is none.
    package mutating func takeAside(now: Int64, visibleAt: Int64, maxReceiveCount: Int?) -> Taken? {
        while let position = aside.popFirst() {
            guard let entry = entries[position], entry.state == .aside else { continue }
            asideCount -= 1
            defer { receivedSinceAside = 0 }
            return lease(position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
        return nil
    }
}
