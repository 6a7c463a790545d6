package import EventModel

/// Tells which shards of a stream a mapping may read now: a shard's parents come first, to their end and settled;
/// siblings run side by side, and a merged child waits for both parents (esm-streams.md §1).
///
/// A value that decides: the shell feeds `Input`s and performs the `Effect`s. A parent that is not listed any more was
/// trimmed and holds nobody up.
package struct ShardLineage: Equatable, Sendable {
    /// A shard as its stream lists it.
    package struct Member: Equatable, Sendable {
        package let shard: ShardKey
        /// None, one, or two after a merge.
        package let parents: [ShardKey]
        /// The last position that it will ever have; `nil` while it is open.
        package let endingPosition: Position?

        package init(shard: ShardKey, parents: [ShardKey], endingPosition: Position?) {
            self.shard = shard
            self.parents = parents
            self.endingPosition = endingPosition
        }

        package init(_ definition: ShardDefinition) {
            self.init(
                shard: definition.key,
                parents: [definition.parent, definition.adjacentParent].compactMap(\.self),
                endingPosition: definition.endingPosition)
        }
    }

    /// Where the mapping stands in a shard, durably.
    package struct Place: Equatable, Sendable {
        package let shard: ShardKey
        package let checkpoint: Position
        /// A tumbling window that was open at the checkpoint still has to be ended.
        package let hasOpenWindow: Bool

        package init(shard: ShardKey, checkpoint: Position, hasOpenWindow: Bool = false) {
            self.shard = shard
            self.checkpoint = checkpoint
            self.hasOpenWindow = hasOpenWindow
        }
    }

    package enum Input: Equatable, Sendable {
        /// All shards that the stream lists now.
        case listed([Member])
        /// The answer to `.place`, for all its shards.
        case placed([Place])
        /// Instead of the answer: it failed. The next list asks again.
        case notPlaced([ShardKey])
        /// A shard that was started is read to its end, and what was settled in it is durable.
        case ended(ShardKey)
    }

    package enum Effect: Equatable, Sendable {
        /// Fix durably where the mapping begins in these shards, unless that is known.
        case place([ShardKey])
        /// Read the shard from its place on.
        case start(ShardKey)
        /// The shard is gone and nobody reads it: its place is of no use any more.
        case forget(ShardKey)
    }

    enum Stage: Equatable {
        case unplaced
        case placing
        case waiting(Place)
        case running
        case ended
    }

    private struct Relative: Equatable {
        var member: Member
        var stage: Stage
        var isListed = true
    }

    private var family: [ShardKey: Relative] = [:]
    /// By parent, in the order of their keys.
    private var children: [ShardKey: [ShardKey]] = [:]

    package init() {}
}

// MARK: - Inputs

extension ShardLineage {
    package mutating func step(_ input: Input) -> [Effect] {
        switch input {
        case .listed(let members): return list(members)
        case .placed(let places):
            for place in places where family[place.shard]?.stage == .placing {
                family[place.shard]?.stage = .waiting(place)
            }
            return begin(family: places.map(\.shard))
        case .notPlaced(let shards):
            for shard in shards where family[shard]?.stage == .placing { family[shard]?.stage = .unplaced }
            return []
        case .ended(let shard):
            guard let relative = family[shard] else { return [] }
            precondition(relative.stage == .running, "a shard ends after its start, once")
            family[shard]?.stage = .ended
            let followers = children[shard] ?? []
            var effects: [Effect] = []
            if !relative.isListed { forget(shard, into: &effects) }
            return effects + begin(family: followers)
        }
    }

    private mutating func list(_ members: [Member]) -> [Effect] {
        var effects: [Effect] = []
        var gone = Set(family.keys)
        var unplaced: [ShardKey] = []
        var changed: [ShardKey] = []
        for member in members {
            gone.remove(member.shard)
            let stage = family[member.shard]?.stage ?? .unplaced
            let known = family[member.shard]?.member
            family[member.shard] = Relative(member: member, stage: stage == .unplaced ? .placing : stage)
            if stage == .unplaced { unplaced.append(member.shard) }
            guard let known else {
                for parent in member.parents { children[parent, default: []].append(member.shard) }
                continue
            }
            if known != member { changed.append(member.shard) }
        }
        var orphans: [ShardKey] = []
        for shard in gone.sorted() {
            family[shard]?.isListed = false
            // One that is being read is in hand to its end.
            guard family[shard]?.stage != .running else { continue }
            orphans += children[shard] ?? []
            forget(shard, into: &effects)
        }
        if !unplaced.isEmpty { effects.append(.place(unplaced)) }
        return effects + begin(family: changed + orphans)
    }

    private mutating func forget(_ shard: ShardKey, into effects: inout [Effect]) {
        family[shard] = nil
        children[shard] = nil
        effects.append(.forget(shard))
    }
}

// MARK: - Moving on

extension ShardLineage {
    /// Starts those of the shards that wait for nobody, and whoever follows a shard that needs no reading.
    private mutating func begin(family shards: [ShardKey]) -> [Effect] {
        var effects: [Effect] = []
        // A shard may be looked at more than once: with each parent that turns out to be through.
        var candidates = shards.sorted()
        var next = 0
        while next < candidates.count {
            let shard = candidates[next]
            next += 1
            guard let relative = family[shard], case .waiting(let place) = relative.stage,
                obstacles(of: relative.member).isEmpty
            else { continue }
            guard isDone(relative.member, at: place) else {
                family[shard]?.stage = .running
                effects.append(.start(shard))
                continue
            }
            family[shard]?.stage = .ended
            candidates += children[shard] ?? []
        }
        return effects
    }

    /// Nothing is left in the shard, not even the end of a window; nobody has to read it.
    private func isDone(_ member: Member, at place: Place) -> Bool {
        guard let end = member.endingPosition else { return false }
        return place.checkpoint >= end && !place.hasOpenWindow
    }

    private func obstacles(of member: Member) -> [ShardKey] {
        member.parents.filter { parent in
            guard let stage = family[parent]?.stage else { return false }
            return stage != .ended
        }
    }
}

// MARK: - For people

extension ShardLineage {
    /// The parents that a shard waits for; empty when it is read or has ended.
    package func waits(_ shard: ShardKey) -> [ShardKey] {
        guard let relative = family[shard], case .waiting = relative.stage else { return [] }
        return obstacles(of: relative.member)
    }

    /// Shards whose parents are not through, in order.
    package var waiting: [ShardKey] {
        family.values.compactMap { relative in
            guard case .waiting = relative.stage else { return nil }
            return relative.member.shard
        }.sorted()
    }

    /// The shard has its place and waits for its parents.
    package func isPending(_ shard: ShardKey) -> Bool {
        if case .waiting = family[shard]?.stage { true } else { false }
    }

    package var running: [ShardKey] {
        family.values.filter { $0.stage == .running }.map(\.member.shard).sorted()
    }

    /// Everything that is listed was read to its end; nothing comes any more unless new shards are listed.
    package var isExhausted: Bool { !family.isEmpty && family.values.allSatisfy { $0.stage == .ended } }
}

/// Where a mapping begins in a shard, as `StartingPosition` says (esm-streams.md §1).
package enum ShardBeginning {
    /// - Parameters:
    ///   - start: `nil` for shards that have appeared since the mapping was created: they are read from their beginning,
    ///     whatever `StartingPosition` says, because anything else would lose records.
    ///   - tip: The shard's last position.
    ///   - firstSince: The first position that arrived at or after a moment, if there is one.
    /// - Returns: The position behind which it begins. A closed shard that ends before the start is behind it as a
    ///   whole, and so counts as read.
    package static func position<Failure>(
        _ start: StartingPosition?, tip: Position, firstSince: (Timestamp) throws(Failure) -> Position?
    ) throws(Failure) -> Position {
        switch start {
        case nil, .trimHorizon: return 0
        case .latest: return tip
        case .atTimestamp(let moment):
            // Without such a record yet, the next one to be written is the first.
            return try firstSince(moment).map { $0 - 1 } ?? tip
        }
    }
}
