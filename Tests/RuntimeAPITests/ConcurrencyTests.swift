import EventModel
import Testing

// Internal values; see EnvironmentMachineTests.
@testable import RuntimeAPI

@Suite("Concurrency")
struct ConcurrencyTests {
    @Test("All functions share the account's limit")
    func account() {
        var ledger = ConcurrencyLedger(limit: 2)
        ledger.take("a")
        ledger.take("b")
        #expect(ledger.refusal("a") == .account)
        ledger.giveBack("b")
        #expect(ledger.refusal("a") == nil)
    }

    @Test("A reservation is both a guarantee and a cap")
    func reserved() {
        var ledger = ConcurrencyLedger(limit: 3)
        ledger.reserve(1, "a")
        ledger.take("b")
        ledger.take("b")
        #expect(ledger.refusal("b") == .account)
        #expect(ledger.refusal("a") == nil)
        ledger.take("a")
        #expect(ledger.refusal("a") == .reservedFunction)
        ledger.reserve(nil, "a")
        #expect(ledger.refusal("a") == .account)
        ledger.giveBack("a")
        #expect(ledger.refusal("b") == nil)
    }

    @Test("Each account in each region has a limit of its own, and functions of one name are told apart")
    func accounts() {
        var ledger = ConcurrencyLedger(limit: 1)
        let elsewhere = FunctionKey(location: Location(region: "eu-west-1"), name: "a")
        ledger.take("a")
        #expect(ledger.refusal("a") == .account)
        #expect(ledger.refusal(elsewhere) == nil)
        ledger.reserve(0, elsewhere)
        #expect(ledger.refusal(elsewhere) == .reservedFunction)
        ledger.giveBack("a")
        #expect(ledger.refusal("a") == nil)
    }

    @Test("A reservation of nothing stops a function")
    func zero() {
        var ledger = ConcurrencyLedger(limit: 3)
        ledger.reserve(0, "a")
        #expect(ledger.refusal("a") == .reservedFunction)
    }

    @Test("A function that cannot start waits longer each time, but not at first")
    func backOff() {
        let now = MonotonicTime(nanoseconds: 0)
        var backOff = StartBackOff()
        let waits = (1...9).map { _ in
            backOff.failed(now: now)
            return backOff.delay(now: now)?.nanoseconds ?? 0
        }
        #expect(waits.map { $0 / 1_000_000 } == [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
        #expect(backOff.delay(now: now + .seconds(5)) == nil)
    }
}
