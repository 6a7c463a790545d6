import EventModel
import EventStore
import Testing

/// A FIFO queue as a plain list: everything is found by looking at all of it.
private struct GroupModel {
    struct Message {
        let position: Position
        let group: UInt64
        var receiveCount: UInt32 = 0
        var visibleAt: Int64 = 0
        var isLeaving = false
    }

    var messages: [Message] = []

    /// What each group would give now: its messages up to the first one that is hidden or leaving.
    func receivable(_ now: Int64) -> [UInt64: [Position]] {
        var lines: [UInt64: [Position]] = [:]
        var closed: Set<UInt64> = []
        for message in messages where !closed.contains(message.group) {
            if message.isLeaving || message.visibleAt > now {
                closed.insert(message.group)
            } else {
                lines[message.group, default: []].append(message.position)
            }
        }
        return lines
    }

    subscript(position: Position) -> Message? { messages.first { $0.position == position } }

    mutating func change(_ position: Position, _ body: (inout Message) -> Void) {
        for index in messages.indices where messages[index].position == position { body(&messages[index]) }
    }
}

/// Random numbers that are the same in every run.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

@Suite("A FIFO queue beside its model")
struct GroupModelTests {
    @Test("Whatever happens, a receive gives what the model gives", arguments: 1...200)
    func walk(seed: UInt64) {
        var dice = Dice(state: seed &* 0x9e37_79b9_7f4a_7c15)
        var world = GroupWorld()
        var model = GroupModel()
        var leases: [MessageLease] = []
        for step in 0..<150 {
            switch Int.random(in: 0..<10, using: &dice) {
            case 0...2: send(&world, &model, &dice)
            case 3...5: receive(&world, &model, &leases, &dice, "seed \(seed), step \(step)")
            case 6: change(&world, &model, leases, &dice)
            case 7...8: delete(&world, &model, leases, &dice)
            default: world.wait(Int64.random(in: 1...6, using: &dice))
            }
            let inFlight = model.messages.count { $0.visibleAt > world.now && !$0.isLeaving }
            #expect(world.counters().inFlight == inFlight, "seed \(seed), step \(step)")
            #expect(world.counters().visible == model.messages.count - inFlight)
        }
    }

    private func send(_ world: inout GroupWorld, _ model: inout GroupModel, _ dice: inout Dice) {
        let groups = (0..<Int.random(in: 1...4, using: &dice)).map { _ in
            UInt64.random(in: 1...3, using: &dice)
        }
        world.send(groups)
        for group in groups {
            model.messages.append(
                .init(position: Position(model.messages.last?.position ?? 0) + 1, group: group))
        }
        // Positions go on behind deleted ones.
        let last = Position(world.sent.count)
        for (offset, index) in model.messages.indices.suffix(groups.count).enumerated() {
            let group = model.messages[index].group
            model.messages[index] = .init(position: last - Position(groups.count - 1 - offset), group: group)
        }
    }

    private func receive(
        _ world: inout GroupWorld, _ model: inout GroupModel, _ leases: inout [MessageLease],
        _ dice: inout Dice, _ place: String
    ) {
        let lines = model.receivable(world.now)
        let maximum = Int.random(in: 1...5, using: &dice)
        let seconds = Int64.random(in: 0...8, using: &dice)
        let taken = world.receive(maximum, seconds: seconds).leases
        #expect(taken.count == min(maximum, lines.values.reduce(0) { $0 + $1.count }), "\(place)")
        var byGroup: [UInt64: [Position]] = [:]
        for lease in taken {
            let group = model[lease.position]?.group ?? 0
            byGroup[group, default: []].append(lease.position)
            model.change(lease.position) { message in
                message.receiveCount += 1
                message.visibleAt = world.now + seconds * 1_000
            }
            leases.append(.init(position: lease.position, serial: UInt32(bitPattern: lease.receiveCount)))
            #expect(model[lease.position]?.receiveCount == UInt32(bitPattern: lease.receiveCount), "\(place)")
        }
        for (group, positions) in byGroup {
            #expect(lines[group]?.prefix(positions.count).elementsEqual(positions) == true, "\(place)")
        }
        // All but the last group are served as far as they go.
        let whole = byGroup.count { $0.value.count == lines[$0.key]?.count }
        #expect(whole >= byGroup.count - 1, "\(place)")
    }

    private func isValid(_ lease: MessageLease, _ model: GroupModel, _ now: Int64) -> Bool {
        guard let message = model[lease.position] else { return false }
        return message.visibleAt > now && message.receiveCount == lease.serial
    }

    private func change(
        _ world: inout GroupWorld, _ model: inout GroupModel, _ leases: [MessageLease], _ dice: inout Dice
    ) {
        guard let lease = leases.randomElement(using: &dice) else { return }
        let seconds = Int64.random(in: 0...8, using: &dice)
        let expected: VisibilityChange =
            model[lease.position] == nil
            ? .notInFlight : isValid(lease, model, world.now) ? .changed : .expired
        #expect(world.change(lease.position, lease.serial, seconds: seconds) == expected)
        guard expected == .changed else { return }
        model.change(lease.position) { [now = world.now] in $0.visibleAt = now + seconds * 1_000 }
    }

    private func delete(
        _ world: inout GroupWorld, _ model: inout GroupModel, _ leases: [MessageLease], _ dice: inout Dice
    ) {
        guard let lease = leases.randomElement(using: &dice) else { return }
        let isRefused = model[lease.position] != nil && !isValid(lease, model, world.now)
        #expect(world.delete([lease.position], serial: lease.serial) == (isRefused ? [lease.position] : []))
        if !isRefused { model.messages.removeAll { $0.position == lease.position } }
    }
}
