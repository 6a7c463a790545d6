import EventModel
import Metering
import Telemetry

/// The metrics of one function, all its versions together. Confined to the engine's loop.
final class FunctionMetrics {
    let environments: Gauge
    let initDuration: Histogram
    private let throttles: Counter
    private let invocations: Counter
    private let errors: Counter
    private let duration: Histogram
    private let recorder: MetricRecorder
    private let function: FunctionKey
    /// Invocations that have a permit and have not ended.
    private var executing = 0
    private let functionARN: String
    private let unqualified: FunctionMeters
    /// By the ARN of a version or an alias, and the version that ran where an alias leads to two.
    private var qualified: [String: FunctionMeters] = [:]
    /// ARNs of aliases that lead to two versions.
    var divided: Set<String> = []

    init(_ function: FunctionKey, registry: Metrics, recorder: MetricRecorder) {
        let labels = Self.labels(function)
        throttles = registry.counter(
            "millrace_function_throttles_total", help: "Invocations refused for want of concurrency.",
            labels: labels)
        environments = registry.gauge(
            "millrace_function_environments", help: "Handler processes of the function.", labels: labels)
        initDuration = registry.histogram(
            "millrace_function_init_seconds", help: "From the start of an environment to its first next.",
            labels: labels)
        invocations = registry.counter(
            "millrace_function_invocations_total", help: "Invocations that ran, function errors included.",
            labels: labels)
        errors = registry.counter(
            "millrace_function_errors_total", help: "Invocations that ended as a function error.",
            labels: labels)
        duration = registry.histogram(
            "millrace_function_duration_seconds", help: "Time from event to answer, without init.",
            labels: labels)
        self.recorder = recorder
        self.function = function
        functionARN = function.arn.description
        unqualified = FunctionMeters(
            function.name, resource: function.name, in: function.location, recorder: recorder)
    }

    /// Counts an execution in the minute of its start (invocation.md §7).
    func count(_ result: InvocationResult, of arn: String, _ version: FunctionVersion, at now: Timestamp) {
        let isError: Bool
        switch result.outcome {
        case .success: isError = false
        case .functionError: isError = true
        case .throttled, .unavailable: return
        }
        if isError { errors.add() }
        invocations.add()
        duration.observe(result.duration)
        let meters = meters(of: arn, version)
        let started = result.startedAt
        meters.invocations.record(1, at: started)
        meters.errors.record(isError ? 1 : 0, at: started)
        meters.throttles.record(0, at: started)
        meters.duration.record(result.duration.milliseconds, at: started)
    }

    func countThrottle(at now: Timestamp) {
        throttles.add()
        unqualified.throttles.record(1, at: now)
        unqualified.errors.record(0, at: now)
    }

    /// Functions of other accounts and regions may have the same name.
    private static func labels(_ function: FunctionKey) -> KeyValuePairs<String, String> {
        let location = function.location
        guard location != Location() else { return ["function": function.name] }
        return ["function": function.name, "account": location.account, "region": location.region]
    }

    /// An invocation has its permit.
    ///
    /// - Parameter all: How many have, over all functions of the account and region.
    func began(ofAll all: Int, at now: Timestamp) {
        executing += 1
        unqualified.concurrency.record(executing, at: now)
        unqualified.allConcurrency.record(all, at: now)
    }

    func ended() { executing -= 1 }

    private func meters(of arn: String, _ version: FunctionVersion) -> FunctionMeters {
        if arn == functionARN { return unqualified }
        let executed = divided.contains(arn) ? version.description : nil
        let name = executed.map { "\(arn) \($0)" } ?? arn
        if let known = qualified[name] { return known }
        let resource = ARN(arn)?.resource.split(separator: ":", maxSplits: 1).last.map(String.init)
        let made = FunctionMeters(
            function.name, resource: resource ?? function.name, executedVersion: executed,
            in: function.location, recorder: recorder)
        if qualified.count < Self.qualifiedMax { qualified[name] = made }
        return made
    }

    /// Versions and aliases whose handles are kept at hand (our own).
    private static let qualifiedMax = 100
}

/// What CloudWatch is told of a function (invocation.md §7).
struct FunctionMeters {
    let invocations: MetricHandle
    let errors: MetricHandle
    let throttles: MetricHandle
    let duration: MetricHandle
    let concurrency: MetricHandle
    let allConcurrency: MetricHandle

    /// - Parameter executedVersion: Of an alias that leads to two versions.
    init(
        _ name: String, resource: String, executedVersion: String? = nil, in location: Location,
        recorder: MetricRecorder
    ) {
        func handle(_ metric: String, _ unit: MetricUnit) -> MetricHandle {
            recorder.handle(
                LambdaMetrics.identities(
                    metric, function: name, resource: resource, executedVersion: executedVersion, in: location
                ),
                unit: unit)
        }
        invocations = handle("Invocations", .count)
        errors = handle("Errors", .count)
        throttles = handle("Throttles", .count)
        duration = handle("Duration", .milliseconds)
        let executions = LambdaMetrics.concurrentExecutions(function: name, in: location)
        concurrency = recorder.handle([executions.function], unit: .count)
        allConcurrency = recorder.handle([executions.account], unit: .count)
    }
}

extension Duration {
    /// With fractions.
    fileprivate var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + Double(attoseconds) * 1e-15
    }
}
