import Telemetry

/// The metrics of one function (invocation.md §7, in Prometheus' form).
struct FunctionMetrics {
    let throttles: Counter
    let environments: Gauge
    let initDuration: Histogram
    private let invocations: Counter
    private let errors: Counter
    private let duration: Histogram

    init(functionName: String, registry: Metrics) {
        throttles = registry.counter(
            "millrace_function_throttles_total", help: "Invocations refused for want of concurrency.",
            labels: ["function": functionName])
        environments = registry.gauge(
            "millrace_function_environments", help: "Handler processes of the function.",
            labels: ["function": functionName])
        initDuration = registry.histogram(
            "millrace_function_init_seconds", help: "From the start of an environment to its first next.",
            labels: ["function": functionName])
        invocations = registry.counter(
            "millrace_function_invocations_total", help: "Invocations that ran, function errors included.",
            labels: ["function": functionName])
        errors = registry.counter(
            "millrace_function_errors_total", help: "Invocations that ended as a function error.",
            labels: ["function": functionName])
        duration = registry.histogram(
            "millrace_function_duration_seconds", help: "Time from event to answer, without init.",
            labels: ["function": functionName])
    }

    func count(_ result: InvocationResult) {
        switch result.outcome {
        case .success: break
        case .functionError: errors.add()
        case .throttled, .unavailable: return
        }
        invocations.add()
        duration.observe(result.duration)
    }
}
