import EventModel
import MappingCore
import Testing

@Suite("Lanes of a shard")
struct LaneMachineTests {
    private let now = Timestamp(millisecondsSinceEpoch: 1_720_000_000_000)

    private func machine(size: Int, lanes: Int, retries: Int? = nil) -> LaneMachine {
        LaneMachine(
            settings: ShardSettings(batch: BatchLimits(size: size), maximumRetryAttempts: retries),
            lanes: lanes)
    }

    private func records(_ positions: ClosedRange<Position>) -> [RecordSummary] {
        positions.map { RecordSummary(position: $0, arrival: now, encodedBytes: 10) }
    }

    private func invoked(_ effects: [LaneMachine.Effect]) -> [String] {
        effects.compactMap { effect in
            guard case .invoke(let lane, let plan) = effect else { return nil }
            return "\(lane): \(plan.records.first)-\(plan.records.last) (\(plan.records.count))"
        }
    }

    private func settled(_ effects: [LaneMachine.Effect]) -> [Position] {
        effects.compactMap { if case .settle(let position) = $0 { position } else { nil } }
    }

    @Test("Equal keys take one lane, and many keys take all of them about equally")
    func hash() {
        for lanes in 1...10 {
            var taken = Array(repeating: 0, count: lanes)
            for number in 0..<10_000 {
                let key = Array("user-\(number)".utf8)
                let lane = LaneHash.lane(of: key.span, lanes: lanes)
                #expect(lane == LaneHash.lane(of: key.span, lanes: lanes))
                taken[lane] += 1
            }
            #expect(taken.allSatisfy { $0 > 8_000 / lanes })
        }
    }

    @Test("The checkpoint follows the slowest lane")
    func lowWater() {
        var machine = machine(size: 10, lanes: 2)
        var effects = machine.step(.start(after: 0), now: now)
        guard case .fetch(after: 0, limit: 200, _)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        effects = machine.step(
            .fetched(.init(records(1...4), .exhausted), lanes: [0, 1, 1, 0]), now: now)
        #expect(invoked(effects) == ["0: 1-4 (2)", "1: 2-3 (2)"])
        #expect(machine.inFlightBatches == 2)
        effects = machine.step(.invocationEnded(1, 1, .succeeded), now: now)
        #expect(settled(effects) == [])
        effects = machine.step(.invocationEnded(0, 1, .partiallyFailed([1])), now: now)
        #expect(settled(effects) == [3])
        #expect(invoked(effects) == ["0: 4-4 (1)"])
        effects = machine.step(.invocationEnded(0, 2, .succeeded), now: now)
        #expect(settled(effects) == [4])
    }

    @Test("A discard is final at once; what is settled above the checkpoint is kept beside it")
    func discardAhead() {
        var machine = machine(size: 10, lanes: 2, retries: 0)
        _ = machine.step(.start(after: 0), now: now)
        _ = machine.step(.fetched(.init(records(1...3), .exhausted), lanes: [0, 1, 1]), now: now)
        var effects = machine.step(.invocationEnded(1, 1, .failed(.functionError)), now: now)
        #expect(effects.contains { if case .discard(1, _) = $0 { true } else { false } })
        #expect(effects.contains(.keepSettled([2, 3])))
        #expect(settled(effects) == [])
        effects = machine.step(.invocationEnded(0, 1, .succeeded), now: now)
        #expect(settled(effects) == [3])
        #expect(effects.contains(.keepSettled([])))
    }

    @Test("Positions that were kept are told apart, and forgotten when the checkpoint has passed them")
    func keptPositions() {
        for lanes in [1, 2] {
            var machine = machine(size: 10, lanes: lanes)
            _ = machine.step(.start(after: 2, settled: [1, 4, 6]), now: now)
            #expect((1...8).filter { machine.isSettled(Position($0)) } == [4, 6])
            let kept = [records(3...3), records(5...5), records(7...7)].flatMap(\.self)
            let places: [UInt8] = Array(repeating: 0, count: lanes == 1 ? 0 : 3)
            _ = machine.step(.fetched(.init(kept, .exhausted), lanes: places), now: now)
            let effects = machine.step(.invocationEnded(0, 1, .succeeded), now: now)
            #expect(settled(effects) == [7])
            #expect(effects.contains(.keepSettled([])))
        }
    }

    @Test("A poisoned lane lets the others go on up to the bound, and then says so, once")
    func heldBack() {
        var machine = machine(size: 1, lanes: 2)
        var effects = machine.step(.start(after: 0), now: now)
        var read: Position = 0
        var delivered: [Position] = []
        var explained: [Position] = []
        var time = now
        // Lane 0 holds record 1 and never succeeds; the stream never ends.
        for _ in 0..<2_000 {
            var inputs: [LaneMachine.Input] = []
            for effect in effects {
                switch effect {
                case .fetch(_, let limit, _):
                    let positions = read + 1...read + Position(limit)
                    let places = positions.map { UInt8($0 == 1 ? 0 : 1) }
                    inputs.append(.fetched(.init(records(positions), .more), lanes: places))
                    read += Position(limit)
                case .invoke(0, let plan):
                    inputs.append(.invocationEnded(0, plan.invocation, .failed(.functionError)))
                case .invoke(let lane, let plan):
                    delivered.append(plan.records.first)
                    inputs.append(.invocationEnded(lane, plan.invocation, .succeeded))
                case .wake(let wake): time = max(time, min(wake, time + .milliseconds(1)))
                case .explainHeldBack(0, let first, let records):
                    explained.append(first)
                    #expect(records == Int(read))
                default: break
                }
            }
            if inputs.isEmpty { inputs = [.timerFired] }
            effects = inputs.flatMap { machine.step($0, now: time) }
        }
        #expect(machine.checkpoint == 0)
        #expect(machine.isHeldBack)
        #expect(explained == [1])
        #expect(delivered == Array(2...read))
        #expect(read > 100 && Int(read) <= machine.readAheadRecords)
    }

    @Test("One timer serves all lanes")
    func timers() {
        var machine = machine(size: 1, lanes: 3)
        _ = machine.step(.start(after: 0), now: now)
        _ = machine.step(.fetched(.init(records(1...3), .exhausted), lanes: [0, 1, 2]), now: now)
        var wakes: [Timestamp] = []
        for lane in 0..<3 {
            let time = now + .milliseconds(lane * 50)
            for effect in machine.step(.invocationEnded(lane, 1, .failed(.functionError)), now: time) {
                if case .wake(let wake) = effect { wakes.append(wake) }
            }
        }
        #expect(wakes.count == 1)
        let effects = machine.step(.timerFired, now: wakes[0])
        #expect(invoked(effects) == ["0: 1-1 (1)"])
        #expect(effects.contains { if case .wake(let wake) = $0 { wake > wakes[0] } else { false } })
    }
}
