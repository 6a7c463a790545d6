import Glibc
import Testing

extension EndToEnd.CrashTests {
    /// `CRASH_ROUNDS` sets how often, `CRASH_SEED` repeats a run's moments.
    @Test("keeps its promises with lanes, table streams, dead letters and reshards", .timeLimit(.minutes(10)))
    func lanes() throws {
        let rounds = Int(Self.number("CRASH_ROUNDS") ?? 24)
        let seed = Self.number("CRASH_SEED") ?? UInt64(Waiting.milliseconds)
        say("CRASH_SEED=\(seed) CRASH_ROUNDS=\(rounds), lanes")
        let run = try LaneCrashRun(seed: seed)
        for number in 0..<rounds { try run.round(number) }
        let daemon = try run.drain()
        let caller = try daemon.caller()
        let promised = run.promises.all
        let hint: Comment = "CRASH_SEED=\(seed)"

        // Poison that was promised: reported once as a stream's record, or a dead letter once.
        let table = try run.tableStream(caller)
        let stored = try caller.records(of: LaneCrashRun.stream)
        #expect(promised.records.isSubset(of: stored.map(\.text)), hint)
        let poison = stored.filter { $0.text.contains("poison") }.map(\.sequenceNumber) + table.poison
        var reports: [String: Int] = [:]
        try Waiting.until("a report of each poison record", detail: { "\(reports.count) of \(poison.count)" })
        {
            for (id, count) in try run.reportCounts(caller) { reports[id, default: 0] += count }
            return reports.count >= poison.count
        }
        #expect(reports == Dictionary(uniqueKeysWithValues: poison.map { ($0, 1) }), hint)
        try Waiting.until("the queue to be empty") {
            try caller.counts(of: LaneCrashRun.queue) == [0, 0, 0]
        }
        // What is on its way to the dead-letter queue is counted in neither of the two until the move is committed.
        var dead: [String] = []
        let refused = promised.messages.filter { $0.contains("poison") }
        try Waiting.until("the dead letters", detail: { "\(refused.subtracting(dead)) are missing. \(hint)" })
        {
            dead += try run.bodies(caller, of: LaneCrashRun.deadLetters)
            return refused.isSubset(of: dead)
        }
        #expect(Set(dead).count == dead.count, hint)

        say(run.summary)
        #expect(!promised.records.isEmpty && !promised.items.isEmpty && !promised.messages.isEmpty, hint)
        #expect(promised.reshards > 0, hint)
        #expect(run.violations(tableShard: table.shard).prefix(10) == [], hint)
        try daemon.expectGracefulEnd()
    }
}
