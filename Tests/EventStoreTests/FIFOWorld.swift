import EventModel
import EventStore
import Foundation
import Synchronization
import Testing

/// A FIFO queue of a real store beside its model, and a random hand that works on both.
struct FIFOWorld {
    let test: TestStore
    let queue: QueueKey
    let dead: QueueKey
    let seed: Int
    var model = FIFOModel()
    var turns = FIFOTurns()
    var random: SeededRandom
    /// Of every receive so far, also of those that count no more.
    var leases: [MessageLease] = []
    var sentBodies: Set<String> = []
    var deletedBodies: Set<String> = []
    /// Messages met in the dead-letter queue, in the order in which they came there.
    var moved: [FIFOModel.Message] = []
    private(set) var trace: [String] = []
    private var countersSettleAt = Timestamp(millisecondsSinceEpoch: 0)
    private var number = 0

    static let visibilitySeconds = 30

    init(_ test: TestStore, seed: Int, maxReceiveCount: Int? = nil, delaySeconds: Int = 0) throws {
        self.test = test
        self.seed = seed
        random = SeededRandom(seed: UInt64(seed))
        dead = try test.makeQueue("dead.fifo") { $0.fifo = FIFOSettings() }
        let target = try #require(test.store.catalog.queue(dead)?.arn)
        queue = try test.makeQueue("q.fifo") { attributes in
            attributes.fifo = FIFOSettings()
            attributes.delaySeconds = delaySeconds
            attributes.visibilityTimeoutSeconds = Self.visibilitySeconds
            attributes.redrive = maxReceiveCount.map {
                RedrivePolicy(deadLetterTarget: target, maxReceiveCount: $0)
            }
        }
        model.delaySeconds = delaySeconds
        model.maxReceiveCount = maxReceiveCount
    }

    /// How a failure can be repeated, and what led to it.
    var hint: Comment { "seed \(seed), last steps:\n\(trace.suffix(12).joined(separator: "\n"))" }

    mutating func note(_ step: String) { trace.append(step) }
}

// MARK: - Steps

extension FIFOWorld {
    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<28: try send()
        case 28..<58: try receive(Int.random(in: 1...10, using: &random))
        case 58..<76: try delete()
        case 76..<84: try changeVisibility()
        case 84..<94: advance(.seconds([1, 3, 7, 19, 31, 61].randomElement(using: &random) ?? 1))
        case 94..<96: try changeSettings()
        case 96: if Int.random(in: 0..<6, using: &random) == 0 { try purge() }
        default:
            note("reopen")
            try test.reopen()
            turns.forget()
            model.hasRestarted = true
        }
        turns.observe(model, at: test.now)
        let (counters, expected) = (test.counters(queue), model.counters(test.now))
        #expect(counters.inFlight == expected.inFlight, hint)
        // After a change of the delay the counter of delayed messages is a guess for as long as that delay.
        if test.now >= countersSettleAt { #expect(counters == expected, hint) }
    }

    mutating func advance(_ length: Duration) {
        note("advance \(length)")
        test.clock.advance(length)
    }

    /// A few messages in one call; some with a deduplication ID that was used before.
    mutating func send() throws {
        let now = test.now
        var batch = MessageBatch()
        var drafts: [(body: String, group: String, id: String)] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            number += 1
            var id = "id-\(number)"
            if Int.random(in: 0..<4, using: &random) == 0,
                let old = model.sends.randomElement(using: &random),
                !model.isOnEdge(old.deduplicationID, at: now)
            {
                id = old.deduplicationID
            }
            let group = "g\(Int.random(in: 1...5, using: &random))"
            if model.isUndecided(id, in: group) { id = "id-\(number)" }
            drafts.append(("body-\(number)", group, id))
            batch.append(body: "body-\(number)", group: group, deduplicationID: id)
        }
        note("send \(drafts.map { "\($0.body) in \($0.group) as \($0.id)" })")
        let ready = batch
        let sent = try test.store.perform { [queue] writer throws(StoreError) in
            try writer.send(ready, to: queue)
        }
        #expect(sent.count == drafts.count, hint)
        for (draft, answer) in zip(drafts, sent) { took(draft, answer, at: now) }
    }

    private mutating func took(
        _ draft: (body: String, group: String, id: String), _ answer: SentMessage, at now: Timestamp
    ) {
        if let original = model.original(of: draft.id, in: draft.group, at: now) {
            #expect(answer.isDuplicate, "\(draft.body) has an ID that was used. \(hint)")
            #expect(answer.position == original.position, hint)
            return
        }
        #expect(!answer.isDuplicate, "\(draft.body) has an ID of its own. \(hint)")
        #expect(answer.position > model.sends.last?.position ?? 0, hint)
        sentBodies.insert(draft.body)
        model.sent(
            FIFOModel.Message(
                position: answer.position, body: draft.body, group: draft.group, deduplicationID: draft.id,
                sentAt: now))
    }

    mutating func receive(_ maximum: Int, visibilitySeconds: Int? = nil) throws {
        let now = test.now
        let seconds =
            visibilitySeconds ?? [0, 2, 10, 30, 30, 30, 90].randomElement(using: &random) ?? 30
        let known = model
        let got = try test.receiveInOrder(queue, maximum, visibilitySeconds: seconds)
        note("receive \(maximum) for \(seconds) s: \(got.map { "\($0.body)#\($0.message.receiveCount)" })")
        let problems = model.receive(
            got.map(\.message.position), maximum: maximum, hiddenUntil: now + .seconds(seconds), at: now)
        #expect(problems == [], hint)
        let groups = got.compactMap(\.message.groupID).reduce(into: [String]()) { groups, group in
            if groups.last != group { groups.append(group) }
        }
        #expect(turns.served(groups) == [], hint)
        for copy in got {
            let message = copy.message
            let expected = known.message(message.position)
            #expect(copy.body == expected?.body, hint)
            #expect(message.groupID == expected?.group, hint)
            #expect(message.deduplicationID == expected?.deduplicationID, hint)
            #expect(message.sentAt == expected?.sentAt, hint)
            #expect(message.receiveCount == (expected?.receiveCount ?? 0) + 1, hint)
            leases.append(message.lease)
        }
        try meetDeadLetters()
    }

    mutating func delete() throws {
        let wanted = leases.suffix(40).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        // One receipt for each message, so that their order within a call cannot matter.
        var seen: Set<Position> = []
        try delete(wanted.filter { seen.insert($0.position).inserted })
    }

    mutating func delete(_ chosen: [MessageLease]) throws {
        guard !chosen.isEmpty else { return }
        note("delete \(chosen.map { "\(model.message($0.position)?.body ?? "gone")#\($0.serial)" })")
        let bodies = chosen.filter { !model.isExpired($0, at: test.now) }
            .compactMap { model.message($0.position)?.body }
        let refused = try test.deleteInOrder(chosen, from: queue)
        let expected = model.delete(chosen, at: test.now)
        #expect(Set(refused) == Set(expected), hint)
        deletedBodies.formUnion(bodies)
    }

    /// With receipts that are good, were good once, or are of messages that have gone.
    private mutating func changeVisibility() throws {
        let now = test.now
        guard let lease = leases.suffix(15).randomElement(using: &random) else { return }
        let seconds = [0, 0, 1, 5, 20, 60].randomElement(using: &random) ?? 0
        note("change \(model.message(lease.position)?.body ?? "gone")#\(lease.serial) to \(seconds) s")
        let change = try test.reader.changeVisibility(of: lease, in: queue, seconds: seconds, now: now)
        guard model.message(lease.position) != nil else {
            #expect(change == .notInFlight, hint)
            return
        }
        guard !model.isExpired(lease, at: now) else {
            #expect(change == .expired, hint)
            return
        }
        #expect(change == .changed, hint)
        model.changeVisibility(lease.position, until: now + .seconds(seconds))
    }

    /// The delay and the scope of deduplication may change at any time.
    private mutating func changeSettings() throws {
        guard var attributes = test.store.catalog.queue(queue)?.attributes else { return }
        if Bool.random(using: &random) {
            attributes.delaySeconds = [0, 0, 4, 15].randomElement(using: &random) ?? 0
            countersSettleAt = test.now + .seconds(15)
        } else {
            attributes.fifo?.deduplicationScope = Bool.random(using: &random) ? .queue : .messageGroup
        }
        note("delay \(attributes.delaySeconds), scope \(attributes.fifo?.deduplicationScope.rawValue ?? "")")
        let wanted = attributes
        _ = try test.store.perform { [queue] writer throws(StoreError) in
            try writer.updateQueue(queue, attributes: wanted, tags: [:])
        }
        model.delaySeconds = attributes.delaySeconds
        model.scope = attributes.fifo?.deduplicationScope ?? .queue
    }

    private mutating func purge() throws {
        note("purge")
        try test.store.perform { [queue] writer throws(StoreError) in try writer.purgeQueue(queue) }
        deletedBodies.formUnion(model.messages.map(\.body))
        model.purge()
    }
}

// MARK: - Dead letters

extension FIFOWorld {
    /// Takes what has come into the dead-letter queue out of it and out of the model.
    mutating func meetDeadLetters() throws {
        try test.settle()
        guard test.counters(dead).visible > 0 else { return }
        let got = try test.receiveInOrder(dead, 10_000, visibilitySeconds: Self.visibilitySeconds)
        note("dead: \(got.map(\.body))")
        for copy in got {
            guard let message = model.messages.first(where: { $0.body == copy.body }) else {
                Issue.record("\(copy.body) came to the dead-letter queue from nowhere. \(hint)")
                continue
            }
            #expect(model.isSpent(message), hint)
            #expect(copy.message.groupID == message.group, hint)
            #expect(copy.message.deduplicationID == copy.message.messageID.description, hint)
            #expect(copy.message.receiveCount == message.receiveCount + 1, hint)
            // In its group nothing that is older stays behind.
            #expect(model.messages.first { $0.group == message.group } == message, hint)
            model.messages.removeAll { $0.position == message.position }
            moved.append(message)
        }
        #expect(try test.deleteInOrder(got.map(\.message.lease), from: dead) == [], hint)
    }

    /// Everything that is left comes out, group by group in order, and nothing else.
    mutating func drain() throws {
        for _ in 0..<40 where !model.messages.isEmpty {
            advance(.seconds(700))
            try receive(10_000, visibilitySeconds: 60)
            try delete(
                model.messages.filter { $0.receiveCount > 0 }
                    .map { MessageLease(position: $0.position, serial: UInt32($0.receiveCount)) })
        }
        #expect(model.messages.isEmpty, hint)
        #expect(test.counters(queue) == QueueCounters(), hint)
        #expect(sentBodies == deletedBodies.union(moved.map(\.body)), hint)
        #expect(deletedBodies.isDisjoint(with: moved.map(\.body)), hint)
    }
}

// MARK: - The store's side

extension TestStore {
    /// A receive whose messages may be handed over: its leases are on the disk.
    func receiveInOrder(
        _ queue: QueueKey, _ maximum: Int, visibilitySeconds: Int
    ) throws -> [Copied] {
        var copies: [Copied] = []
        let outcome = try reader.receive(
            from: queue, maximum: maximum, visibilitySeconds: visibilitySeconds, now: now
        ) { message, body, attributes in
            copies.append(Copied(message: message, body: text(body), attributes: text(attributes)))
        }
        #expect((outcome.pending == nil) == copies.isEmpty, "FIFO receives are kept before they are answered")
        guard let pending = outcome.pending else { return copies }
        let answer = Mutex<Result<Void, StoreError>?>(nil)
        store.keep(pending) { result in answer.withLock { $0 = result } }
        try settle()
        try #require(answer.withLock { $0 }).get()
        return copies
    }

    /// Deletes by receipts and waits; the receipts that were refused.
    func deleteInOrder(_ leases: [MessageLease], from queue: QueueKey) throws -> [MessageLease] {
        let answer = Mutex<Result<[MessageLease], StoreError>?>(nil)
        store.delete(leases, from: queue) { result in answer.withLock { $0 = result } }
        try settle()
        return try #require(answer.withLock { $0 }).get()
    }
}
