import Glibc
import Synchronization
import Testing

extension EndToEnd {
    @Suite("A daemon that is killed again and again")
    struct CrashTests {
        static func number(_ variable: String) -> UInt64? {
            getenv(variable).flatMap { UInt64(String(cString: $0)) }
        }

        /// Seen even when the test passes, or never ends.
        func say(_ line: String) { write(STDERR_FILENO, line + "\n", line.utf8.count + 1) }

        /// `CRASH_ROUNDS` sets how often, `CRASH_SEED` repeats a run's moments.
        @Test("loses nothing that was acknowledged and never goes back", .timeLimit(.minutes(10)))
        func crashes() throws {
            let rounds = Int(Self.number("CRASH_ROUNDS") ?? 50)
            let seed = Self.number("CRASH_SEED") ?? UInt64(Waiting.milliseconds)
            say("CRASH_SEED=\(seed) CRASH_ROUNDS=\(rounds)")
            let run = try CrashRun(seed: seed)
            for number in 0..<rounds { try run.round(number) }
            let daemon = try run.drain()
            let caller = try daemon.caller()

            say(run.summary)
            let content = run.promises.content.withLock { $0 }
            let hint: Comment = "CRASH_SEED=\(seed)"
            #expect(
                !content.records.isEmpty && !content.messages.isEmpty && !content.checkpoints.isEmpty, hint)
            #expect(run.violations().prefix(10) == [], hint)
            try Waiting.until("the queue to be empty") {
                try caller.counts(of: CrashRun.queue) == [0, 0, 0]
            }
            for shard in try caller.shardIDs(of: CrashRun.stream) {
                let stored = try caller.records(in: shard, of: CrashRun.stream)
                let places = stored.map { SequenceOrder(text: $0.sequenceNumber) }
                #expect(places == places.sorted(), hint)
                let tip = try #require(stored.last).sequenceNumber
                try Waiting.until("the checkpoint of \(shard) to reach its tip") {
                    try caller.checkpoints()[shard] == tip
                }
            }
            // Report and checkpoint are one commit: no kill can leave one without the other.
            let poison = try caller.records(of: CrashRun.stream).filter { $0.text.contains("poison") }
            let expected = Dictionary(uniqueKeysWithValues: poison.map { ($0.sequenceNumber, 1) })
            #expect(try run.reportCounts(caller) == expected, hint)
            try daemon.expectGracefulEnd()
        }
    }
}
