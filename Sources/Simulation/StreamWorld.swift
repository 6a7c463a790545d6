import EventModel
package import MappingCore

/// A stream of several shards that are split and merged while it is read, one handler with a limit of calls at a time, and
/// everything that goes wrong, on one clock and one seed.
///
/// Shards are read in the order of their lineage, each by its own machine. Commits take their time and are lost in a crash.
/// Each shard is checked by itself (`LaneChecker`) and all of them together by key (`KeyOrderChecker`).
package final class StreamWorld {
    package let settings: ShardSettings
    /// The factor of each life; the last one holds for all that follow.
    package let factors: [Int]
    /// Calls that may run at a time, over all shards.
    package let permits: Int
    package private(set) var clock = SimulatedClock()
    package internal(set) var shards: [Shard]
    package internal(set) var calls = 0
    package internal(set) var callsMost = 0
    package private(set) var lives = 0
    package internal(set) var discards: [Int] = []
    package internal(set) var violations: [String] = []
    /// Everything that happened, one line each; empty unless asked for.
    package private(set) var trace: [String] = []

    var agenda = Agenda<Event>()
    var random: SeededRandom
    let faults: FaultPlan
    let handler: Handler
    var lineage = ShardLineage()
    var pollers: [ShardKey: Poller] = [:]
    var keyOrder = KeyOrderChecker()
    var life = 0
    var running = 0
    /// Shards that wait for a permit, in the order they came.
    var line: [ShardKey] = []
    var lastCommit: Timestamp
    /// How far the wall clock is off.
    var skew = Duration.zero
    var isJumping = false
    private let keepsTrace: Bool
    private let calmFrom: Timestamp?
    private let keyCount: Int
    private var isUp = false
    /// Told to stop: nothing new begins.
    private(set) var isStopping = false
    private var records = 0

    /// What the handler is asked: numbers of records, counted over the whole world from 1.
    package typealias Handler = (_ numbers: [Int], InvocationPlan) -> InvocationOutcome

    /// - Parameters:
    ///   - shardCount: Open shards at first, which share the keys 0..<`keyCount` evenly.
    ///   - calmAfter: When the faults end.
    package init(
        settings: ShardSettings, factors: [Int], permits: Int, shardCount: Int, keyCount: Int,
        faults: FaultPlan, calmAfter: Duration, seed: UInt64, keepsTrace: Bool = false,
        handler: @escaping Handler
    ) {
        self.settings = settings
        self.factors = factors
        self.permits = permits
        self.faults = faults
        self.handler = handler
        self.keepsTrace = keepsTrace
        self.keyCount = keyCount
        random = SeededRandom(seed: seed)
        calmFrom = clock.now + calmAfter
        lastCommit = clock.now
        shards = (0..<shardCount).map { index in
            let first = keyCount * index / shardCount
            let end = keyCount * (index + 1) / shardCount
            return Shard(key: ShardKey(rawValue: Int64(index + 1)), parents: [], keys: first..<end)
        }
        agenda.plan(.begin(afterLife: 0), at: clock.now)
    }

    var factor: Int { factors[min(max(lives, 1), factors.count) - 1] }

    /// What the machines take for the time.
    var wall: Timestamp { clock.now + skew }

    func note(_ violation: String) { violations.append(violation) }

    func trace(_ line: @autoclosure () -> String) {
        guard keepsTrace else { return }
        trace.append("\(clock.now.millisecondsSinceEpoch) \(line())")
    }

    func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }
}

// MARK: - Planning

extension StreamWorld {
    /// Appends records of these keys and encoded sizes after a while, counted from now.
    package func append(_ added: [(key: Int, size: Int)], after delay: Duration) {
        agenda.plan(.append(added), at: clock.now + delay)
    }

    /// Splits a shard or merges two neighbours after a while.
    package func reshard(after delay: Duration) { agenda.plan(.reshard, at: clock.now + delay) }

    /// Forgets a closed shard that everybody is through with, after a while.
    package func trim(after delay: Duration) { agenda.plan(.trim, at: clock.now + delay) }

    /// Lets things happen until nothing is left to happen or too much has happened.
    package func run(limit: Int = 200_000) {
        var steps = 0
        while let (time, event) = agenda.next() {
            clock.advance(to: max(time, clock.now))
            happen(event)
            steps += 1
            guard steps < limit else { return note("the world does not come to rest") }
        }
        conclude()
    }

    /// Everything came to its end: nothing is left over in any shard, and closed ones are through.
    private func conclude() {
        for index in shards.indices {
            let shard = shards[index]
            guard let place = shard.durable else {
                note("\(shard.key.rawValue) was never begun")
                continue
            }
            shards[index].checker.concludes(checkpoint: place.checkpoint, discards: shard.discards)
            violations += shards[index].checker.violations.map { "shard \(shard.key.rawValue): \($0)" }
        }
        violations += keyOrder.violations
        let open = shards.filter { $0.ending == nil }.map(\.key)
        if lineage.running != open { note("\(lineage.running) are read, \(open) are open") }
        if running != 0 || !line.isEmpty { note("\(running) calls and \(line) are left") }
    }
}

// MARK: - Events

extension StreamWorld {
    private func happen(_ event: Event) {
        switch event {
        case .append(let added): appendNow(added)
        case .reshard: reshardNow()
        case .trim: trimNow()
        case .begin(life): beginLife()
        case .listed(life): list()
        case .placed(life, let keys, let isDone): place(keys, isDone)
        case .answer(life, let key, let fetched, let lanes):
            feed(.fetched(fetched, lanes: factor > 1 ? lanes : []), to: key)
        case .end(life, let key, let lane, let invocation, let outcome, let isReal):
            end(key, lane, invocation, outcome, isReal: isReal)
        case .timer(life, let key, let number) where pollers[key]?.timer == number:
            feed(.timerFired, to: key)
        case .commit(life, let key, let commit): keep(commit, in: key)
        case .crash(life): crashNow()
        case .stop(life): stopNow()
        // What was meant for machines that are gone.
        case .begin, .listed, .placed, .answer, .end, .timer, .commit, .crash, .stop: break
        }
    }

    private func appendNow(_ added: [(key: Int, size: Int)]) {
        var touched: [ShardKey] = []
        for (key, size) in added {
            records += 1
            guard let index = shards.firstIndex(where: { $0.ending == nil && $0.keys.contains(key) }) else {
                return note("no open shard for key \(key)")
            }
            let arrival = max(wall, shards[index].records.last?.arrival ?? wall)
            let isFiltered = isFaulty(faults.filtered)
            shards[index].append(key, number: records, size: size, arrival, isFiltered: isFiltered)
            keyOrder.appended(records, key: key, isFiltered: isFiltered)
            if !touched.contains(shards[index].key) { touched.append(shards[index].key) }
        }
        for key in touched { feed(.recordsMayBeAvailable, to: key) }
    }

    private func reshardNow() {
        let open = shards.indices.filter { shards[$0].ending == nil }
            .sorted { shards[$0].keys.lowerBound < shards[$1].keys.lowerBound }
        let isSplit = open.count < 2 || (open.count < 8 && random.chance(50))
        let place = Int.random(in: 0..<(isSplit ? open.count : open.count - 1), using: &random)
        let parents = isSplit ? [open[place]] : [open[place], open[place + 1]]
        let first = shards[parents[0]].keys.lowerBound
        let end = shards[parents[parents.count - 1]].keys.upperBound
        var ranges = [first..<end]
        if isSplit {
            guard end - first > 1 else { return }
            let cut = Int.random(in: first + 1..<end, using: &random)
            ranges = [first..<cut, cut..<end]
        }
        let keys = parents.map { shards[$0].key }
        for index in parents { shards[index].ending = shards[index].records.last?.position ?? 0 }
        for range in ranges {
            let key = ShardKey(rawValue: Int64(shards.count + 1))
            shards.append(Shard(key: key, parents: keys, keys: range))
        }
        trace("reshard of \(keys.map(\.rawValue)) into \(ranges)")
        for key in keys { feed(.recordsMayBeAvailable, to: key) }
        planList()
    }

    private func trimNow() {
        let through = shards.indices.filter { index in
            guard let ending = shards[index].ending, shards[index].isListed else { return false }
            // What is older than retention goes, and so parents go before their children.
            guard shards[index].parents.allSatisfy({ !shards[self.index($0)].isListed }) else { return false }
            return shards[index].durable?.checkpoint ?? -1 >= ending && pollers[shards[index].key] == nil
        }
        guard let index = through.randomElement(using: &random) else { return }
        shards[index].isListed = false
        planList()
    }

    private func beginLife() {
        life += 1
        lives += 1
        isUp = true
        isStopping = false
        lineage = ShardLineage()
        pollers = [:]
        running = 0
        line = []
        keyOrder.began(settled: shards.flatMap(\.settledNumbers))
        trace("life \(lives) with \(factor)")
        planList()
    }

    private func crashNow() {
        trace("crash")
        life += 1
        isUp = false
        agenda.plan(.begin(afterLife: life), at: clock.now + random.milliseconds(0...50))
    }

    private func stopNow() {
        guard !isStopping else { return }
        trace("stop")
        isStopping = true
        for key in pollers.keys.sorted() { feed(.stop, to: key) }
        if pollers.isEmpty { restart() }
    }

    /// A clean stop waits for its commits before the next life begins.
    func restart() {
        life += 1
        isUp = false
        agenda.plan(.begin(afterLife: life), at: max(lastCommit, clock.now) + .milliseconds(1))
    }

    private func planList() {
        guard isUp, !isStopping else { return }
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        agenda.plan(.listed(life: life), at: clock.now + delay)
    }

    private func list() {
        let members = shards.filter(\.isListed).map {
            ShardLineage.Member(shard: $0.key, parents: $0.parents, endingPosition: $0.ending)
        }
        perform(lineage.step(.listed(members)))
    }

    private func place(_ keys: [ShardKey], _ isDone: Bool) {
        guard isDone else {
            perform(lineage.step(.notPlaced(keys)))
            // As an engine does, which looks again after a while.
            return agenda.plan(.listed(life: life), at: clock.now + .seconds(1))
        }
        var places: [ShardLineage.Place] = []
        for key in keys {
            let durable = shards[index(key)].durable ?? LaneWorld.Durable()
            shards[index(key)].durable = durable
            places.append(ShardLineage.Place(shard: key, checkpoint: durable.checkpoint))
        }
        perform(lineage.step(.placed(places)))
    }

    func index(_ key: ShardKey) -> Int { Int(key.rawValue) - 1 }
}
