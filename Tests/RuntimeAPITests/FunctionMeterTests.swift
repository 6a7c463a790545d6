import EventModel
import HTTP
import Metering
import RuntimeAPI
import Testing

@Suite("What CloudWatch is told of functions", .timeLimit(.minutes(1)))
struct FunctionMeterTests {
    /// Permits stay on the loop; this holds them there for a test.
    private final class Held: @unchecked Sendable {
        // Touched on the loop only.
        var permits: [Permit] = []
    }

    /// What a recorder holds of a metric, over all minutes.
    private static func total(
        _ recorder: MetricRecorder, _ metric: String, _ dimensions: [MetricDimension]
    ) -> StatisticSet? {
        let identity = MetricIdentity(
            location: Location(), namespace: "AWS/Lambda", name: metric, dimensions: dimensions)
        var total: StatisticSet?
        for point in recorder.snapshot(where: { $0 == identity }).open {
            if total == nil { total = point.statistics } else { total?.merge(point.statistics) }
        }
        return total
    }

    @Test("An execution counts by name, by resource and for the account; an error is one of them")
    func executions() async throws {
        try await HostWorld.use { world in
            await world.define("good", .command(["true"], workingDirectory: "/"))
            await world.define("bad", .command(["false"], workingDirectory: "/"))
            for function in ["good", "bad", "bad"] { _ = await world.invoke(function) }
            let name = MetricDimension("FunctionName", "bad")
            for dimensions in [[name], [name, MetricDimension("Resource", "bad")]] {
                #expect(Self.total(world.recorder, "Invocations", dimensions)?.sum == 2)
                #expect(Self.total(world.recorder, "Errors", dimensions)?.sum == 2)
                #expect(Self.total(world.recorder, "Throttles", dimensions)?.sampleCount == 2)
                #expect(Self.total(world.recorder, "Duration", dimensions)?.sampleCount == 2)
            }
            #expect(Self.total(world.recorder, "Invocations", [])?.sum == 3)
            let errors = Self.total(world.recorder, "Errors", [])
            #expect(errors?.sum == 2)
            #expect(errors?.sampleCount == 3)
            #expect(Self.total(world.recorder, "ConcurrentExecutions", [name])?.maximum == 1)
            #expect(Self.total(world.recorder, "ConcurrentExecutions", [])?.maximum == 1)
        }
    }

    @Test("A version and an alias count for themselves as well, an alias of two versions for each of them")
    func qualified() async throws {
        try await HostWorld.use { world in
            let latest = FunctionDefinition(
                name: "f", handler: .command(["true"], workingDirectory: "/"),
                modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
            var family = FunctionFamily(latest: latest)
            for number in [1, 2] {
                family.versions[number] = latest
                family.versions[number]?.version = .number(number)
            }
            family.aliases["one"] = FunctionAlias(name: "one", version: .number(1), revisionID: "")
            family.aliases["both"] = FunctionAlias(
                name: "both", version: .number(1),
                additional: FunctionAlias.WeightedVersion(number: 2, weight: 1), revisionID: "")
            let definition = family
            await world.onLoop { $0.define(definition) }
            for qualifier in ["1", "one", "both", "both"] {
                _ = await world.invoke("f", qualifier: qualifier)
            }
            let name = MetricDimension("FunctionName", "f")
            #expect(Self.total(world.recorder, "Invocations", [name])?.sum == 4)
            for (resource, count) in [("f:1", 1.0), ("f:one", 1), ("f:both", 2)] {
                let place = MetricDimension("Resource", resource)
                #expect(Self.total(world.recorder, "Invocations", [name, place])?.sum == count)
                let executed = MetricDimension("ExecutedVersion", "2")
                #expect(
                    Self.total(world.recorder, "Invocations", [name, place, executed])?.sum
                        == (resource == "f:both" ? 2 : nil))
            }
        }
    }

    @Test("A refused permit is a throttle without an invocation")
    func throttles() async throws {
        try await HostWorld.use({ $0.concurrencyLimit = 1 }) { world in
            await world.define("f", .command(["true"], workingDirectory: "/"))
            let held = Held()
            await world.onLoop { host in
                while let permit = host.acquirePermit(function: "f") { held.permits.append(permit) }
            }
            #expect(await world.invoke("f").summary == "throttled ConcurrentInvocationLimitExceeded")
            let name = [MetricDimension("FunctionName", "f")]
            #expect(Self.total(world.recorder, "Throttles", name)?.sum == 2)
            let errors = Self.total(world.recorder, "Errors", name)
            #expect(errors?.sum == 0)
            #expect(errors?.sampleCount == 2)
            #expect(Self.total(world.recorder, "Invocations", name) == nil)
            #expect(Self.total(world.recorder, "ConcurrentExecutions", name) == nil)
            await world.onLoop { _ in held.permits.removeAll() }
        }
    }

    @Test("What runs at once is counted at each start, for the function and over all of them")
    func concurrency() async throws {
        try await HostWorld.use { world in
            for name in ["a", "b"] {
                await world.define(name, .command(["sleep", "0.3"], workingDirectory: "/"))
            }
            async let first = world.invoke("a")
            async let second = world.invoke("a")
            async let third = world.invoke("b")
            _ = await (first, second, third)
            _ = await world.invoke("b")
            func most(_ dimensions: [MetricDimension]) -> Double? {
                Self.total(world.recorder, "ConcurrentExecutions", dimensions)?.maximum
            }
            #expect(most([MetricDimension("FunctionName", "a")]) == 2)
            #expect(most([MetricDimension("FunctionName", "b")]) == 1)
            #expect(most([]) == 3)
        }
    }
}
