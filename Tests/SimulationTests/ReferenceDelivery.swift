import EventModel
import MappingCore

/// A handler as a value: what it answers depends on the records it is given and on what it was given before.
struct PoisonHandler: Hashable {
    enum Failing: CaseIterable {
        case raising, reportingLowest, reportingAll, answeringNonsense
        /// Raises the first time, reports the second, and so on, counted for each record.
        case alternating
    }

    let poison: Set<Position>
    let failing: Failing
    /// Poison is no poison any more after it was delivered twice.
    let isHealing: Bool
    /// Deliveries that a later answer depends on: by record.
    private(set) var memory: [Position: Int] = [:]

    init(poison: Set<Position>, failing: Failing, isHealing: Bool) {
        self.poison = poison
        self.failing = failing
        self.isHealing = isHealing
    }

    mutating func answer(_ positions: [Position]) -> InvocationOutcome {
        let hits = positions.indices.filter { isPoison(positions[$0]) }
        guard let first = hits.first else { return .succeeded }
        let isEven = memory[positions[first], default: 0] % 2 == 0
        for hit in hits { note(positions[hit]) }
        switch failing {
        case .raising: return .failed(.functionError)
        case .reportingLowest: return .partiallyFailed([first])
        case .reportingAll: return .partiallyFailed(hits)
        case .answeringNonsense: return .failed(.badResponse(.notJSON))
        case .alternating: return isEven ? .failed(.functionError) : .partiallyFailed([first])
        }
    }

    private func isPoison(_ position: Position) -> Bool {
        poison.contains(position) && !(isHealing && memory[position, default: 0] >= 2)
    }

    /// Keeps no more than matters, so that equal futures have equal memories.
    private mutating func note(_ position: Position) {
        if isHealing {
            memory[position, default: 0] += 1
        } else if failing == .alternating {
            memory[position] = (memory[position, default: 0] + 1) % 2
        }
    }
}

/// The reference algorithm of esm-streams.md §4.7 as plain recursion: which calls have to be made and what is given up.
///
/// It shares nothing with the machines, which do the same without recursion, one input at a time.
struct ReferenceDelivery {
    struct Call: Equatable {
        let positions: [Position]
        let attempt: Int
        let isRepeat: Bool
    }

    struct Discard: Hashable {
        let positions: [Position]
        let attempts: Int
    }

    let batchSize: Int
    /// `nil` for no end.
    let retries: Int?
    let bisects: Bool
    /// The function is not reached the first time that a request is sent.
    let missesFirst: Bool
    var handler: PoisonHandler
    private(set) var calls: [Call] = []
    private(set) var discards: Set<Discard> = []

    init(batchSize: Int, retries: Int?, bisects: Bool, missesFirst: Bool, handler: PoisonHandler) {
        self.batchSize = batchSize
        self.retries = retries
        self.bisects = bisects
        self.missesFirst = missesFirst
        self.handler = handler
    }

    /// Records of one lane, all of which are there.
    mutating func deliver(_ records: [Position]) {
        for start in stride(from: 0, to: records.count, by: batchSize) {
            process(Array(records[start..<min(start + batchSize, records.count)]))
        }
    }

    private mutating func process(_ records: [Position]) {
        var failed = 0
        var isRepeat = false
        if missesFirst {
            calls.append(Call(positions: records, attempt: 1, isRepeat: false))
            isRepeat = true
        }
        while true {
            calls.append(Call(positions: records, attempt: failed + 1, isRepeat: isRepeat))
            isRepeat = true
            switch handler.answer(records) {
            case .succeeded: return
            case .partiallyFailed(let indices) where indices[0] > 0:
                return process(Array(records[indices[0]...]))
            case .partiallyFailed, .failed, .notReached: failed += 1
            }
            if bisects, records.count > 1 {
                process(Array(records[..<(records.count / 2)]))
                return process(Array(records[(records.count / 2)...]))
            }
            if let retries, failed > retries {
                discards.insert(Discard(positions: records, attempts: failed))
                return
            }
        }
    }
}
