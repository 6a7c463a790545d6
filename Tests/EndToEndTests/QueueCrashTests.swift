import Synchronization
import Testing

extension EndToEnd {
    @Suite("Queues of a daemon that is killed again and again")
    struct QueueCrashTests {
        /// `CRASH_ROUNDS` sets how often, `CRASH_SEED` repeats a run's moments.
        @Test(
            "lose and double nothing, and keep the order of groups, deduplication and moves",
            .timeLimit(.minutes(10)))
        func crashes() throws {
            let rounds = Int(CrashTests.number("CRASH_ROUNDS") ?? 25)
            let seed = CrashTests.number("CRASH_SEED") ?? UInt64(Waiting.milliseconds)
            CrashTests().say("CRASH_SEED=\(seed) CRASH_ROUNDS=\(rounds) (queues)")
            let run = try QueueCrashRun(seed: seed)
            for number in 0..<rounds { try run.round(number) }
            let daemon = try run.drain()
            let caller = try daemon.caller()

            CrashTests().say(run.summary)
            let content = run.clients.content.withLock { $0 }
            let hint: Comment = "CRASH_SEED=\(seed)"
            for queue in QueueCrashRun.queues {
                #expect(content.sent[queue]?.isEmpty == false, hint)
            }
            #expect(content.moves > 0 && content.deleted.count == 2, hint)
            #expect(try run.violations(caller).prefix(10) == [], hint)
            try daemon.expectGracefulEnd()
        }
    }
}
