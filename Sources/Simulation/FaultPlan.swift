/// How often things go wrong in a world, in percent of the occasions; data, so that a scenario is one small value.
package struct FaultPlan: Equatable, Sendable {
    /// Of invocations.
    package var throttles = 0
    package var unavailable = 0
    /// Of answers.
    package var slowReplies = 0
    package var duplicateReplies = 0
    /// Of reads and commits.
    package var slowReads = 0
    package var slowCommits = 0
    /// Of invocations: the process dies while one is in flight.
    package var crashes = 0
    /// Of invocations: a clean stop and a start afterwards.
    package var restarts = 0
    /// Of permit requests.
    package var deniedPermits = 0
    /// Of records.
    package var filtered = 0
    /// Of invocations: the wall clock is set, forward or back, by up to ten minutes.
    package var clockJumps = 0
    /// Of invocations: the answer comes when the receipts of its messages may have ended.
    package var lateReplies = 0
    /// Of permit answers of a queue's mapping: its settings are changed.
    package var updates = 0
    /// Of deletes of a queue's mapping: somebody else receives a few messages, and deletes them or not.
    package var strangers = 0

    package init() {}

    /// Calm weather.
    package static let none = FaultPlan()

    /// Some faults on, some off, each with its own odds: a world that has all of them hides what two of them do.
    package static func drawn(using random: inout SeededRandom) -> FaultPlan {
        var plan = FaultPlan()
        plan.draw(
            [
                \.throttles, \.unavailable, \.slowReplies, \.duplicateReplies, \.slowReads, \.slowCommits,
                \.crashes, \.restarts, \.deniedPermits, \.filtered, \.clockJumps,
            ], using: &random)
        return plan
    }

    /// The same, and what happens to queues only.
    package static func drawnForQueues(using random: inout SeededRandom) -> FaultPlan {
        var plan = drawn(using: &random)
        plan.draw([\.lateReplies, \.updates, \.strangers], using: &random)
        return plan
    }

    private mutating func draw(
        _ faults: [WritableKeyPath<FaultPlan, Int>], using random: inout SeededRandom
    ) {
        for fault in faults where random.chance(50) {
            self[keyPath: fault] = Int.random(in: 1...30, using: &random)
        }
    }
}
