import EventModel
import HTTP
import RuntimeAPI
import Synchronization
import Testing

@Suite("Permits", .timeLimit(.minutes(1)))
struct PermitTests {
    /// Permits stay on the loop; this holds them there for a test.
    private final class Held: @unchecked Sendable {
        // Touched on the loop only.
        var permits: [Permit] = []
        var called: [String] = []
    }

    @Test("No more are given than the limit, and the reason is named")
    func limit() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 2 }) { world in
            let held = Held()
            let reasons = await world.onLoop { host in
                while let permit = host.acquirePermit(function: "f") { held.permits.append(permit) }
                let account = host.throttleReason(function: "f")
                host.setReservedConcurrency(0, of: "g")
                return (held.permits.count, account, host.throttleReason(function: "g"))
            }
            #expect(reasons.0 == 2)
            #expect(reasons.1 == .account)
            #expect(reasons.2 == .reservedFunction)
            await world.define("f", .command(["true"], workingDirectory: "/"))
            #expect(await world.invoke("f").summary == "throttled ConcurrentInvocationLimitExceeded")
            await world.onLoop { _ in held.permits.removeAll() }
            #expect(await world.invoke("f").summary == "ok null", "letting go of a permit gives it back")
        }
    }

    @Test(
        "Waiters are called in order, each once, and one that does not want the permit lets the next have it")
    func waiters() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 1 }) { world in
            let held = Held()
            await world.onLoop { host in
                guard let permit = host.acquirePermit(function: "f") else { return }
                held.permits = [permit]
                host.onPermitFree(function: "f") { held.called.append("uninterested") }
                let cancelled = host.onPermitFree(function: "f") { held.called.append("cancelled") }
                host.onPermitFree(function: "f") {
                    held.called.append("first")
                    held.permits += host.acquirePermit(function: "f").map { [$0] } ?? []
                }
                host.onPermitFree(function: "f") { held.called.append("second") }
                host.cancel(cancelled)
                held.permits.removeFirst().release()
            }
            #expect(await world.onLoop { _ in held.called } == ["uninterested", "first"])
            await world.onLoop { _ in held.permits.removeAll() }
            #expect(await world.onLoop { _ in held.called } == ["uninterested", "first", "second"])
        }
    }

    @Test(
        "Who holds fewer permits comes first, however late it came; among equals the one that waits longest")
    func fewestFirst() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 3 }) { world in
            let held = Held()
            await world.onLoop { host in
                let greedy = PermitHolder()
                let modest = PermitHolder()
                func wait(_ name: String, _ holder: PermitHolder) {
                    host.onPermitFree(function: "f", for: holder) {
                        held.called.append(name)
                        held.permits += host.acquirePermit(function: "f", for: holder).map { [$0] } ?? []
                    }
                }
                while let permit = host.acquirePermit(function: "f", for: greedy) {
                    held.permits.append(permit)
                }
                wait("greedy", greedy)
                wait("modest", modest)
                wait("other", PermitHolder())
                wait("modest again", modest)
                held.permits.removeFirst().release()
                held.permits.removeFirst().release()
                held.permits.removeFirst().release()
                #expect(greedy.count == 1 && modest.count == 1)
            }
            // When the third is free the greedy one holds none any more, and the modest one holds one.
            #expect(await world.onLoop { _ in held.called } == ["modest", "other", "greedy"])
        }
    }

    @Test("A waiter gets the permit of an ending invocation before its completion can take it again")
    func fairness() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 1 }) { world in
            await world.define("f", .command(["true"], workingDirectory: "/"))
            let order = Mutex<[String]>([])
            await withCheckedContinuation { continuation in
                world.loop.execute {
                    let request = InvocationRequest(
                        function: "f", permit: nil, requestID: "1", event: [], invokedFunctionARN: "")
                    world.host.invoke(request) { _ in
                        order.withLock { $0.append("completed") }
                        continuation.resume()
                    }
                    world.host.onPermitFree(function: "f") { order.withLock { $0.append("waiter") } }
                }
            }
            #expect(order.withLock { $0 } == ["waiter", "completed"])
        }
    }
}
