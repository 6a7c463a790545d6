import EventModel
import MappingCore
import Testing

@Suite("Which shards may be read")
struct ShardLineageTests {
    private static func member(_ shard: Int64, _ parents: Int64..., end: Position? = nil)
        -> ShardLineage.Member
    {
        ShardLineage.Member(
            shard: ShardKey(rawValue: shard), parents: parents.map { ShardKey(rawValue: $0) },
            endingPosition: end)
    }

    private static func key(_ shard: Int64) -> ShardKey { ShardKey(rawValue: shard) }

    /// A lineage that was listed these and told these checkpoints; shards without one are at 0.
    private static func begun(
        _ members: [ShardLineage.Member], at places: [Int64: Position] = [:], windows: Set<Int64> = []
    ) -> (lineage: ShardLineage, effects: [ShardLineage.Effect]) {
        var lineage = ShardLineage()
        let first = lineage.step(.listed(members))
        #expect(first == [.place(members.map(\.shard))])
        let effects = lineage.step(
            .placed(
                members.map { member in
                    let number = member.shard.rawValue
                    return ShardLineage.Place(
                        shard: member.shard, checkpoint: places[number] ?? 0,
                        hasOpenWindow: windows.contains(number))
                }))
        return (lineage, effects)
    }

    @Test("Shards without parents are read side by side")
    func orphans() {
        let (lineage, effects) = Self.begun([Self.member(1), Self.member(2)])
        #expect(effects == [.start(Self.key(1)), .start(Self.key(2))])
        #expect(lineage.running == [Self.key(1), Self.key(2)])
    }

    @Test("Both children of a split begin when their parent is through, and not before")
    func split() {
        var (lineage, effects) = Self.begun([Self.member(1, end: 9), Self.member(2, 1), Self.member(3, 1)])
        #expect(effects == [.start(Self.key(1))])
        #expect(lineage.waits(Self.key(2)) == [Self.key(1)])
        #expect(lineage.waiting == [Self.key(2), Self.key(3)])
        effects = lineage.step(.ended(Self.key(1)))
        #expect(effects == [.start(Self.key(2)), .start(Self.key(3))])
        #expect(lineage.waits(Self.key(2)).isEmpty)
    }

    @Test("A merged child waits for both parents, in whatever order they end", arguments: [(1, 2), (2, 1)])
    func merge(first: Int64, second: Int64) {
        var (lineage, effects) = Self.begun([
            Self.member(1, end: 3), Self.member(2, end: 4), Self.member(3, 1, 2),
        ])
        #expect(effects == [.start(Self.key(1)), .start(Self.key(2))])
        #expect(lineage.step(.ended(Self.key(first))).isEmpty)
        #expect(lineage.waits(Self.key(3)) == [Self.key(second)])
        effects = lineage.step(.ended(Self.key(second)))
        #expect(effects == [.start(Self.key(3))])
    }

    @Test("A shard that splits while it is read: its children are placed at once and begin at its end")
    func splitsLater() {
        var (lineage, _) = Self.begun([Self.member(1)])
        let listed = lineage.step(.listed([Self.member(1, end: 5), Self.member(2, 1), Self.member(3, 1)]))
        #expect(listed == [.place([Self.key(2), Self.key(3)])])
        // The parent may end before the children's places are known.
        #expect(lineage.step(.ended(Self.key(1))).isEmpty)
        let placed = lineage.step(
            .placed([2, 3].map { ShardLineage.Place(shard: Self.key($0), checkpoint: 0) }))
        #expect(placed == [.start(Self.key(2)), .start(Self.key(3))])
    }

    @Test("After a restart what was read to its end is not read again, empty closed shards included")
    func restart() {
        let (_, effects) = Self.begun(
            [Self.member(1, end: 5), Self.member(2, 1, end: 0), Self.member(3, 2)], at: [1: 5])
        #expect(effects == [.start(Self.key(3))])
    }

    @Test("An open window keeps a shard from having ended, although all its records are settled")
    func openWindow() {
        let (lineage, effects) = Self.begun(
            [Self.member(1, end: 5), Self.member(2, 1)], at: [1: 5], windows: [1])
        #expect(effects == [.start(Self.key(1))])
        #expect(lineage.waits(Self.key(2)) == [Self.key(1)])
    }

    @Test("A parent that was trimmed before the mapping saw it holds nobody up")
    func trimmedParent() {
        let (_, effects) = Self.begun([Self.member(2, 1), Self.member(3, 1)])
        #expect(effects == [.start(Self.key(2)), .start(Self.key(3))])
    }

    @Test("A waiting parent that goes is forgotten, one that is read holds its children until it ends")
    func goes() {
        var (lineage, _) = Self.begun([
            Self.member(1, end: 5), Self.member(2, 1, end: 6), Self.member(3, 2),
        ])
        #expect(lineage.step(.listed([Self.member(2, 1, end: 6), Self.member(3, 2)])).isEmpty)
        #expect(lineage.waits(Self.key(2)) == [Self.key(1)])
        let gone = lineage.step(.listed([Self.member(3, 2)]))
        #expect(gone == [.forget(Self.key(2)), .start(Self.key(3))])
        #expect(lineage.step(.ended(Self.key(1))) == [.forget(Self.key(1))])
    }

    @Test("A place that could not be fixed is asked for again with the next list")
    func notPlaced() {
        var lineage = ShardLineage()
        #expect(lineage.step(.listed([Self.member(1)])) == [.place([Self.key(1)])])
        #expect(lineage.step(.listed([Self.member(1)])).isEmpty)
        #expect(lineage.step(.notPlaced([Self.key(1)])).isEmpty)
        #expect(lineage.step(.listed([Self.member(1)])) == [.place([Self.key(1)])])
    }

    @Test("A shard that is closed, settled to its end, while it waits does not have to be read")
    func closedWhileWaiting() {
        var (lineage, _) = Self.begun([Self.member(1, end: 5), Self.member(2, 1)])
        let listed = lineage.step(
            .listed([Self.member(1, end: 5), Self.member(2, 1, end: 0), Self.member(3, 2)]))
        #expect(listed == [.place([Self.key(3)])])
        #expect(lineage.step(.placed([.init(shard: Self.key(3), checkpoint: 0)])).isEmpty)
        #expect(lineage.step(.ended(Self.key(1))) == [.start(Self.key(3))])
        #expect(lineage.isExhausted == false)
    }

    @Test(
        "TRIM_HORIZON begins at 0, LATEST at the tip, AT_TIMESTAMP at the first record since, if there is one",
        arguments: [
            (StartingPosition?.none, 0), (.trimHorizon, 0), (.latest, 7),
            (.atTimestamp(Timestamp(millisecondsSinceEpoch: 40)), 3),
            (.atTimestamp(Timestamp(millisecondsSinceEpoch: 99)), 7),
        ] as [(StartingPosition?, Position)])
    func beginnings(start: StartingPosition?, position: Position) {
        let found = ShardBeginning.position(start, tip: 7) { moment in
            moment.millisecondsSinceEpoch > 70 ? nil : moment.millisecondsSinceEpoch / 10
        }
        #expect(found == position)
    }

    @Test("A misused lineage stops the process")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var lineage = ShardLineage()
            _ = lineage.step(
                .listed([.init(shard: ShardKey(rawValue: 1), parents: [], endingPosition: nil)]))
            _ = lineage.step(.ended(ShardKey(rawValue: 1)))
        }
    }
}
