package import EventModel
import MappingCore

/// A stream that is split, merged and trimmed while a mapping reads it with `ShardLineage`, on one clock and one seed.
///
/// Its pollers are as simple as can be: they deliver a few records, settle them, and that becomes durable later. Lists of
/// shards come late, places are fixed late or not at all, and a crash loses what is not durable.
package final class LineageWorld {
    /// One record as it was delivered.
    package struct Delivery: Equatable, Sendable {
        package let life: Int
        package let shard: ShardKey
        package let key: Int
        /// Counts the records of the key, from 1.
        package let number: Int
    }

    private struct Shard {
        let key: ShardKey
        let parents: [ShardKey]
        /// Keys of records that go to it.
        let keys: Range<Int>
        var records: [(key: Int, number: Int, arrival: Timestamp)] = []
        var isOpen = true
        var isTrimmed = false
    }

    private enum Event {
        case append, reshard, trim, list(life: Int), placed(life: Int, [ShardKey])
        case deliver(life: Int, ShardKey), settled(life: Int, ShardKey, Position), crash
    }

    package private(set) var deliveries: [Delivery] = []
    package private(set) var violations: [String] = []
    package private(set) var trace: [String] = []
    package private(set) var life = 0
    package var shardCount: Int { shards.count }

    private let start: StartingPosition
    private let faults: FaultPlan
    private var clock = SimulatedClock()
    private var random: SeededRandom
    private var agenda = Agenda<Event>()
    private var shards: [Shard]
    private var numbers: [Int]
    private var lineage = ShardLineage()
    /// Durable.
    private var checkpoints: [ShardKey: Position] = [:]
    private var places: [ShardKey: Position] = [:]
    /// Where the pollers of this life are.
    private var readers: [ShardKey: Position] = [:]
    private var seen: [Set<Int>]
    private var isCalm = false

    /// - Parameter start: Of the mapping, which is created after some of the events.
    package init(start: StartingPosition, keys: Int, faults: FaultPlan, events: Int, seed: UInt64) {
        self.start = start
        self.faults = faults
        random = SeededRandom(seed: seed)
        shards = [Shard(key: ShardKey(rawValue: 1), parents: [], keys: 0..<keys)]
        numbers = Array(repeating: 0, count: keys)
        seen = Array(repeating: [], count: keys)
        for _ in 0..<events {
            let time = clock.now + random.milliseconds(0...10_000)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<70: agenda.plan(.append, at: time)
            case ..<92: agenda.plan(.reshard, at: time)
            default: agenda.plan(.trim, at: time)
            }
        }
        agenda.plan(.list(life: 0), at: clock.now + random.milliseconds(0...5_000))
    }

    /// Lets everything happen, then waits in calm weather until nothing is left to happen.
    package func run() {
        var steps = 0
        while let (time, event) = agenda.next() {
            clock.advance(to: max(time, clock.now))
            isCalm = isCalm || clock.now - Timestamp(millisecondsSinceEpoch: 1_700_000_000_000) > .seconds(15)
            happen(event)
            steps += 1
            guard steps < 200_000 else { return violations.append("the world does not come to rest") }
        }
        conclude()
    }
}

// MARK: - The stream

extension LineageWorld {
    private func happen(_ event: Event) {
        switch event {
        case .append: append()
        case .reshard: reshard()
        case .trim: trim()
        case .list(let life): if life == self.life { list() }
        case .placed(let life, let keys): if life == self.life { answer(keys) }
        case .deliver(let life, let shard): if life == self.life { deliver(shard) }
        case .settled(let life, let shard, let position):
            if life == self.life { settled(shard, position) }
        case .crash: crash()
        }
    }

    private func append() {
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let key = Int.random(in: 0..<numbers.count, using: &random)
            guard let place = shards.firstIndex(where: { $0.isOpen && $0.keys.contains(key) }) else {
                continue
            }
            numbers[key] += 1
            shards[place].records.append((key, numbers[key], clock.now))
            wake(shards[place].key)
        }
    }

    private func reshard() {
        let open = shards.indices.filter { shards[$0].isOpen }
            .sorted { shards[$0].keys.lowerBound < shards[$1].keys.lowerBound }
        let place = Int.random(in: 0..<open.count, using: &random)
        let keys = shards[open[place]].keys
        if random.chance(50), place + 1 < open.count {
            close(
                [open[place], open[place + 1]], [keys.lowerBound..<shards[open[place + 1]].keys.upperBound])
        } else if keys.count > 1 {
            let cut = Int.random(in: (keys.lowerBound + 1)..<keys.upperBound, using: &random)
            close([open[place]], [keys.lowerBound..<cut, cut..<keys.upperBound])
        } else {
            // A roll-over.
            close([open[place]], [keys])
        }
    }

    private func close(_ parents: [Int], _ ranges: [Range<Int>]) {
        let keys = parents.map { shards[$0].key }
        for parent in parents { shards[parent].isOpen = false }
        for range in ranges {
            let key = ShardKey(rawValue: Int64(shards.count + 1))
            shards.append(Shard(key: key, parents: keys, keys: range))
        }
        for key in keys { wake(key) }
        listSoon()
    }

    /// The oldest closed shard leaves the lists, read or not.
    private func trim() {
        guard let place = shards.firstIndex(where: { !$0.isTrimmed }), !shards[place].isOpen else { return }
        shards[place].isTrimmed = true
        wake(shards[place].key)
        listSoon()
    }

    private func listSoon() {
        guard life > 0 else { return }
        agenda.plan(.list(life: life), at: clock.now + pause(faults.slowReads))
    }

    private func pause(_ percent: Int) -> Duration {
        !isCalm && random.chance(percent) ? random.milliseconds(1...2_000) : .milliseconds(1)
    }

    private func shard(_ key: ShardKey) -> Int { Int(key.rawValue) - 1 }
}

// MARK: - The mapping

extension LineageWorld {
    private func list() {
        if life == 0 { life = 1 }
        let members = shards.filter { !$0.isTrimmed }.map { shard in
            ShardLineage.Member(
                shard: shard.key, parents: shard.parents,
                endingPosition: shard.isOpen ? nil : Position(shard.records.count))
        }
        step(.listed(members))
    }

    private func step(_ input: ShardLineage.Input) {
        trace.append("\(clock.now.millisecondsSinceEpoch) \(life) \(input)")
        for effect in lineage.step(input) {
            switch effect {
            case .place(let keys):
                agenda.plan(.placed(life: life, keys), at: clock.now + pause(faults.slowCommits))
            case .start(let key): begin(key)
            case .forget(let key):
                if !shards[shard(key)].isTrimmed { violations.append("forgot \(key)") }
            }
        }
    }

    /// The engine's way: the starting position counts when the mapping has no places at all.
    private func answer(_ keys: [ShardKey]) {
        guard isCalm || !random.chance(faults.unavailable) else {
            step(.notPlaced(keys))
            return listSoon()
        }
        let isFirst = places.isEmpty
        for key in keys where places[key] == nil {
            let records = shards[shard(key)].records
            let position = ShardBeginning.position(isFirst ? start : nil, tip: Position(records.count)) {
                moment in
                records.firstIndex { $0.arrival >= moment }.map { Position($0 + 1) }
            }
            places[key] = position
            checkpoints[key] = position
        }
        step(.placed(keys.map { .init(shard: $0, checkpoint: checkpoints[$0] ?? 0) }))
    }

    private func begin(_ key: ShardKey) {
        if readers[key] != nil { violations.append("\(key) is read twice") }
        readers[key] = checkpoints[key] ?? 0
        wake(key)
    }

    private func wake(_ key: ShardKey) {
        guard readers[key] != nil else { return }
        agenda.plan(.deliver(life: life, key), at: clock.now + pause(faults.slowReplies))
    }

    private func deliver(_ key: ShardKey) {
        guard let position = readers[key] else { return }
        let shard = shards[shard(key)]
        // What is trimmed cannot be read.
        let end = shard.isTrimmed ? position : Position(shard.records.count)
        let last = min(end, position + Position(Int.random(in: 1...5, using: &random)))
        for index in Int(position)..<max(Int(position), Int(last)) {
            let record = shard.records[index]
            note(Delivery(life: life, shard: key, key: record.key, number: record.number))
        }
        readers[key] = max(position, last)
        let settled = shard.isTrimmed ? Position(shard.records.count) : max(position, last)
        agenda.plan(.settled(life: life, key, settled), at: clock.now + pause(faults.slowCommits))
        if !isCalm, random.chance(faults.crashes) {
            agenda.plan(.crash, at: clock.now + random.milliseconds(0...5))
        }
    }

    private func settled(_ key: ShardKey, _ position: Position) {
        checkpoints[key] = max(position, checkpoints[key] ?? 0)
        let shard = shards[shard(key)]
        guard let reader = readers[key] else { return }
        guard !shard.isOpen, checkpoints[key] ?? 0 >= Position(shard.records.count) else {
            if reader < Position(shard.records.count) { wake(key) }
            return
        }
        readers[key] = nil
        step(.ended(key))
    }

    private func crash() {
        guard life > 0 else { return }
        trace.append("\(clock.now.millisecondsSinceEpoch) crash")
        life += 1
        lineage = ShardLineage()
        readers = [:]
        agenda.plan(.list(life: life), at: clock.now + random.milliseconds(1...500))
    }
}

// MARK: - Judging

extension LineageWorld {
    /// Within a life a key's numbers rise, and nothing that is wanted is left out on the way.
    private func note(_ delivery: Delivery) {
        trace.append("\(clock.now.millisecondsSinceEpoch) \(delivery)")
        if let last = deliveries.last(where: { $0.life == life && $0.key == delivery.key }),
            last.number >= delivery.number
        {
            violations.append("\(delivery) after \(last.number)")
        }
        for number in 1..<delivery.number
        where !seen[delivery.key].contains(number) && isWanted(delivery.key, number) {
            violations.append("\(delivery) before \(number)")
        }
        seen[delivery.key].insert(delivery.number)
        deliveries.append(delivery)
    }

    /// It lies behind the place where the mapping began in its shard, and can still be read.
    private func isWanted(_ key: Int, _ number: Int) -> Bool {
        for shard in shards {
            guard let index = shard.records.firstIndex(where: { $0.key == key && $0.number == number }) else {
                continue
            }
            return !shard.isTrimmed && Position(index + 1) > places[shard.key] ?? 0
        }
        return false
    }

    private func conclude() {
        for shard in shards {
            for record in shard.records
            where !seen[record.key].contains(record.number) && isWanted(record.key, record.number) {
                violations.append("record \(record.number) of key \(record.key) never came")
            }
        }
        if !lineage.waiting.isEmpty { violations.append("\(lineage.waiting) still wait") }
    }
}
