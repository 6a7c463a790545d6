import EventModel
import MappingCore
import Simulation
import Testing

/// Every small family of shards, every order in which its shards end, are listed and are trimmed, and a restart after
/// every one of these events.
@Suite("Lineages, all of them")
struct LineageEnumerationTests {
    /// A stream that is resharded and a mapping that reads it.
    private struct Family {
        var members: [ShardLineage.Member]
        /// Places of the open ones, by hash key; neighbours may merge.
        var open: [Int]
        var isDone: Set<ShardKey> = []
        var trimmed: Set<ShardKey> = []
        var lineage = ShardLineage()
        var running: Set<ShardKey> = []
        var started: [ShardKey] = []
        var violations: [String] = []

        init(shards: Int) {
            open = Array(0..<shards)
            members = (0..<shards).map {
                .init(shard: ShardKey(rawValue: Int64($0 + 1)), parents: [], endingPosition: nil)
            }
        }

        mutating func split(_ slot: Int) {
            let parent = close(open[slot])
            open.replaceSubrange(slot...slot, with: [add([parent]), add([parent])])
        }

        mutating func merge(_ slot: Int) {
            let parents = [close(open[slot]), close(open[slot + 1])]
            open.replaceSubrange(slot...slot + 1, with: [add(parents)])
        }

        /// Every shard has one record, but those that were closed before they were seen.
        private mutating func close(_ place: Int) -> ShardKey {
            let member = members[place]
            members[place] = .init(shard: member.shard, parents: member.parents, endingPosition: 1)
            return member.shard
        }

        private mutating func add(_ parents: [ShardKey]) -> Int {
            let shard = ShardKey(rawValue: Int64(members.count + 1))
            members.append(.init(shard: shard, parents: parents, endingPosition: nil))
            return members.count - 1
        }

        var listed: [ShardLineage.Member] { members.filter { !trimmed.contains($0.shard) } }

        mutating func list() { perform(lineage.step(.listed(listed))) }

        mutating func restart() {
            lineage = ShardLineage()
            running = []
            list()
        }

        /// Ends a shard that is read and closed.
        mutating func end(_ shard: ShardKey) {
            isDone.insert(shard)
            running.remove(shard)
            perform(lineage.step(.ended(shard)))
        }

        var endable: [ShardKey] {
            members.filter { $0.endingPosition != nil && running.contains($0.shard) }.map(\.shard)
        }

        private mutating func perform(_ effects: [ShardLineage.Effect]) {
            for effect in effects {
                switch effect {
                case .place(let shards):
                    perform(
                        lineage.step(
                            .placed(shards.map { .init(shard: $0, checkpoint: isDone.contains($0) ? 1 : 0) }))
                    )
                case .start(let shard): start(shard)
                case .forget(let shard):
                    if !trimmed.contains(shard) { violations.append("forgot \(shard)") }
                }
            }
        }

        private mutating func start(_ shard: ShardKey) {
            if running.contains(shard) || isDone.contains(shard) { violations.append("\(shard) again") }
            for parent in members[Int(shard.rawValue) - 1].parents
            where !isDone.contains(parent) && (!trimmed.contains(parent) || running.contains(parent)) {
                violations.append("\(shard) before \(parent)")
            }
            running.insert(shard)
            started.append(shard)
        }
    }

    @Test("Parents come before children, whatever ends, is listed, trimmed or restarted when")
    func everything() {
        var runs = 0
        for shards in 1...2 {
            runs += Exhaustive.walk(limit: 2_000_000) { choices in
                var family = Family(shards: shards)
                family.list()
                var reshards = 0
                for _ in 0..<(shards == 1 ? 6 : 5) { Self.happen(&family, &reshards, &choices) }
                family.list()
                while let shard = family.endable.first { family.end(shard) }
                let reached = family.members.allSatisfy { member in
                    family.isDone.contains(member.shard) || family.running.contains(member.shard)
                        || family.trimmed.contains(member.shard)
                }
                if !reached { family.violations.append("not every shard was reached") }
                #expect(family.violations.isEmpty)
            }
        }
        #expect(runs > 20_000)
    }

    private static func happen(_ family: inout Family, _ reshards: inout Int, _ choices: inout Exhaustive) {
        var options: [(inout Family) -> Void] = [{ $0.list() }, { $0.restart() }]
        if reshards < 3 {
            for slot in family.open.indices { options.append { $0.split(slot) } }
            for slot in family.open.indices.dropLast() { options.append { $0.merge(slot) } }
        }
        let reshardings = options.count
        for shard in family.endable { options.append { $0.end(shard) } }
        if let oldest = family.listed.first, oldest.endingPosition != nil {
            options.append {
                $0.trimmed.insert(oldest.shard)
                $0.list()
            }
        }
        let chosen = choices.choose(options.count)
        if (2..<reshardings).contains(chosen) { reshards += 1 }
        options[chosen](&family)
    }
}
