import EventModel
import EventStore
import Testing

/// A ledger with a make-believe file beside it, driven step by step next to the model.
private struct LedgerWorld {
    enum Step: CaseIterable {
        case send, sendDelayed, receiveOne, receiveTwo, beginDelete, commitDelete, cancelDelete, showFirst
        case hideFirst, release, wait
    }

    var ledger = LeaseLedger(tip: 0, floor: 0, rows: 0)
    var model = QueueModel()
    var file: [Position: Int64] = [:]
    var tip: Position = 0
    var leaving: [Position] = []
    var now: Int64 = 100_000

    private static let visibility: Int64 = 10_000
    private static let delay: Int64 = 5_000

    private var moment: Timestamp { Timestamp(millisecondsSinceEpoch: now) }

    /// Takes a step; a step that has nothing to act on does nothing.
    mutating func take(_ step: Step) -> String? {
        switch step {
        case .send: send(delay: 0)
        case .sendDelayed: send(delay: LedgerWorld.delay)
        case .receiveOne: return receive(1)
        case .receiveTwo: return receive(2)
        case .beginDelete: beginDelete()
        case .commitDelete: commitDelete()
        case .cancelDelete: cancelDelete()
        case .showFirst: change(to: 0)
        case .hideFirst: change(to: 20_000)
        case .release: release()
        case .wait: now += 5_000
        }
        return check()
    }

    private var firstReceived: Position? {
        model.received.first { model.messages[$0]?.isLeaving == false }
    }

    private mutating func send(delay: Int64) {
        tip += 1
        file[tip] = delay == 0 ? 0 : now + delay
        model.sent("\(tip)", at: tip, visibleAt: Timestamp(millisecondsSinceEpoch: now + delay))
        if delay > 0 { ledger.committedDelay(until: now + delay) }
        ledger.committed(tip: tip, rows: file.count)
    }

    private mutating func receive(_ count: Int) -> String? {
        let receivable = model.receivable(moment)
        var got: [Position] = []
        ledger.promote(now: now)
        while got.count < count,
            let taken = ledger.takeReady(now: now, visibleAt: now + 10_000, maxReceiveCount: nil)
        {
            if case .leased(let lease) = taken { got.append(lease.position) }
        }
        if got.count < count, ledger.mayScan(now: now) {
            for position in file.keys.sorted() where position > ledger.cursor && got.count < count {
                let taken = ledger.takeScanned(
                    position, row: (0, 0, file[position] ?? 0), now: now,
                    visibleAt: now + LedgerWorld.visibility,
                    maxReceiveCount: nil)
                if case .leased(let lease) = taken { got.append(lease.position) }
            }
            if got.count < count { ledger.finishScan(at: tip) }
        }
        guard got.count == min(count, receivable.count), Set(got).count == got.count else {
            return "received \(got) of \(receivable)"
        }
        for position in got {
            guard receivable.contains(position) else { return "received hidden \(position)" }
            model.receive(
                position, visibleAt: Timestamp(millisecondsSinceEpoch: now + LedgerWorld.visibility))
            guard
                ledger.entries[position]?.receiveCount
                    == model.messages[position].map({ Int32($0.receiveCount) })
            else { return "receive count of \(position)" }
        }
        return check()
    }

    private mutating func beginDelete() {
        guard let position = firstReceived else { return }
        model.messages[position]?.isLeaving = true
        leaving.append(position)
        ledger.beginDelete([position])
    }

    private mutating func commitDelete() {
        guard let position = leaving.popLast() else { return }
        model.messages[position] = nil
        file[position] = nil
        ledger.remove([position])
        ledger.committed(tip: tip, rows: file.count)
    }

    private mutating func cancelDelete() {
        guard let position = leaving.popLast() else { return }
        model.messages[position]?.isLeaving = false
        ledger.cancelLeave([position], now: now)
    }

    private mutating func change(to milliseconds: Int64) {
        guard let position = firstReceived else { return }
        if ledger.changeVisibility(position, milliseconds: milliseconds, now: now) == .changed {
            model.messages[position]?.visibleAt = Timestamp(millisecondsSinceEpoch: now + milliseconds)
        }
    }

    private mutating func release() {
        guard let position = firstReceived, let message = model.messages[position], message.visibleAt > moment
        else { return }
        ledger.putBack(position, now: now)
        let back = moment
        model.messages[position]?.receiveCount -= 1
        model.messages[position]?.visibleAt = back
    }

    private mutating func check() -> String? {
        let counters = ledger.counters(now: now)
        guard counters == model.counters(moment) else {
            return "\(counters) is not \(model.counters(moment))"
        }
        let next = ledger.nextVisible(now: now)
        let isReceivable = !model.receivable(moment).isEmpty
        if isReceivable, next != now { return "next visible is \(String(describing: next))" }
        let hidden = model.messages.values.filter { !$0.isLeaving && $0.visibleAt > moment }.map(\.visibleAt)
            .min()
        if !isReceivable, let hidden {
            guard let next, next <= hidden.millisecondsSinceEpoch else {
                return "nothing wakes the queue in time"
            }
        }
        return nil
    }
}

@Suite("The ledger of a queue's leases")
struct LeaseLedgerTests {
    @Test("Every sequence of five steps keeps to the model", .timeLimit(.minutes(5)))
    func exhaustive() {
        let steps = LedgerWorld.Step.allCases
        var walked = 0
        func walk(_ world: LedgerWorld, _ path: [LedgerWorld.Step]) {
            guard path.count < 5 else { return }
            for step in steps {
                var next = world
                let complaint = next.take(step)
                walked += 1
                #expect(complaint == nil, "\(path + [step])")
                if complaint == nil { walk(next, path + [step]) }
            }
        }
        var started = LedgerWorld()
        for step in [LedgerWorld.Step.send, .send, .receiveOne] { _ = started.take(step) }
        walk(started, [])
        #expect(walked > 100_000)
    }

    @Test("Long random walks keep to the model", arguments: 1...20)
    func random(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var world = LedgerWorld()
        for number in 1...2_000 {
            guard let step = LedgerWorld.Step.allCases.randomElement(using: &random) else { return }
            if let complaint = world.take(step) {
                Issue.record("seed \(seed), step \(number) \(step): \(complaint)")
                return
            }
        }
    }

    @Test("A message received too often is spent, once, and comes back when its move fails")
    func spent() {
        var ledger = LeaseLedger(tip: 1, floor: 0, rows: 1)
        let row = (receiveCount: Int32(3), firstReceivedAt: Int64(5), visibleAt: Int64(0))
        let lease = LeaseLedger.Lease(position: 1, receiveCount: 3, firstReceivedAt: 5)
        #expect(ledger.takeScanned(1, row: row, now: 10, visibleAt: 20, maxReceiveCount: 3) == .spent(lease))
        #expect(ledger.takeReady(now: 10, visibleAt: 20, maxReceiveCount: 3) == nil)
        ledger.cancelLeave([1], now: 10)
        #expect(ledger.takeReady(now: 10, visibleAt: 20, maxReceiveCount: 3) == .spent(lease))
    }

    @Test("At the limit of messages in flight nothing is received, and a deletion makes room")
    func inFlightLimit() {
        let count = Int64(Limits.inFlightMessages)
        var ledger = LeaseLedger(tip: count + 1, floor: 0, rows: Int(count) + 1)
        for position in 1...count {
            _ = ledger.takeScanned(position, row: (0, 0, 0), now: 10, visibleAt: 1_000, maxReceiveCount: nil)
        }
        #expect(ledger.isAtInFlightLimit)
        #expect(ledger.nextVisible(now: 10) == 1_000)
        ledger.remove([7])
        #expect(!ledger.isAtInFlightLimit)
        #expect(ledger.nextVisible(now: 10) == 10)
    }

    @Test("A scan stops when too many delayed messages are remembered, until the next one is visible")
    func delayedLimit() {
        let limit = Int64(LeaseLedger.delayedLimit)
        var ledger = LeaseLedger(tip: limit + 1, floor: 0, rows: Int(limit) + 1)
        for position in 1...limit {
            _ = ledger.takeScanned(position, row: (0, 0, 1_000), now: 10, visibleAt: 20, maxReceiveCount: nil)
        }
        let next = ledger.takeScanned(
            limit + 1, row: (0, 0, 500), now: 10, visibleAt: 20, maxReceiveCount: nil)
        #expect(next == .full)
        #expect(!ledger.mayScan(now: 10))
        #expect(ledger.nextVisible(now: 10) == 500)
        #expect(ledger.mayScan(now: 500))
    }

    @Test("A purge overtakes a scan: rows read before it are not served")
    func purge() {
        var ledger = LeaseLedger(tip: 2, floor: 0, rows: 2)
        ledger.raiseFloor(to: 2, isPurge: true)
        ledger.committed(tip: 2, rows: 0)
        #expect(ledger.takeScanned(1, row: (0, 0, 0), now: 1, visibleAt: 2, maxReceiveCount: nil) == .hidden)
        #expect(ledger.counters(now: 1) == QueueCounters())
    }
}
