package import EventModel
package import MappingCore

extension StreamWorld {
    enum Event {
        case append([(key: Int, size: Int)])
        case reshard
        case trim
        case begin(afterLife: Int)
        case listed(life: Int)
        case placed(life: Int, [ShardKey], isDone: Bool)
        case answer(life: Int, ShardKey, ShardMachine.FetchedRecords, [UInt8])
        case end(life: Int, ShardKey, Int, InvocationOrdinal, InvocationOutcome, isReal: Bool)
        case timer(life: Int, ShardKey, Int)
        case commit(life: Int, ShardKey, LaneWorld.Commit)
        case crash(life: Int)
        case stop(life: Int)
    }

    /// A machine at work on one shard.
    struct Poller {
        enum End { case finished, stopped }

        var machine: LaneMachine
        var timer = 0
        /// On their way.
        var commits = 0
        var end: End?
    }

    /// One shard and what is durable about it.
    package struct Shard {
        package let key: ShardKey
        package let parents: [ShardKey]
        /// The keys that lead here.
        package let keys: Range<Int>
        package internal(set) var ending: Position?
        package internal(set) var records: [RecordSummary] = []
        var recordKeys: [Int] = []
        /// Of the records, counted over the whole world from 1.
        var numbers: [Int] = []
        var filtered: Set<Position> = []
        var isListed = true
        var durable: LaneWorld.Durable?
        var discards: [[Position]] = []
        var checker = LaneChecker()

        init(key: ShardKey, parents: [ShardKey], keys: Range<Int>) {
            self.key = key
            self.parents = parents
            self.keys = keys
        }

        mutating func append(
            _ key: Int, number: Int, size: Int, _ arrival: Timestamp, isFiltered: Bool
        ) {
            let position = Position(records.count + 1)
            records.append(RecordSummary(position: position, arrival: arrival, encodedBytes: size))
            recordKeys.append(key)
            numbers.append(number)
            if isFiltered { filtered.insert(position) }
        }

        /// Numbers of the records that are durably done with.
        var settledNumbers: [Int] {
            guard let durable else { return [] }
            return numbers.prefix(Int(durable.checkpoint)) + durable.settledAhead.map { numbers[Int($0) - 1] }
        }
    }
}

/// Over all shards and their lineage: the records of a key come in the order of their numbers, and none is left out.
struct KeyOrderChecker {
    private(set) var violations: [String] = []
    private var keys: [Int: Int] = [:]
    private var numbers: [Int: [Int]] = [:]
    /// By key, what this life has yet to deliver.
    private var undone: [Int: [Int]] = [:]

    mutating func appended(_ number: Int, key: Int, isFiltered: Bool) {
        guard !isFiltered else { return }
        keys[number] = key
        numbers[key, default: []].append(number)
        undone[key, default: []].append(number)
    }

    mutating func began(settled: [Int]) {
        let settled = Set(settled)
        undone = numbers.mapValues { $0.filter { !settled.contains($0) } }
    }

    mutating func delivered(_ batch: [Int]) {
        for (key, mine) in Dictionary(grouping: batch, by: { keys[$0] ?? -1 }) {
            let next = undone[key, default: []].prefix(mine.count)
            if Array(next) != mine {
                violations.append("key \(key): \(mine) is delivered, \(Array(next)) comes next")
            }
        }
    }

    mutating func done(_ batch: [Int]) {
        for number in batch {
            guard let key = keys[number] else { continue }
            undone[key]?.removeAll { $0 == number }
        }
    }
}
