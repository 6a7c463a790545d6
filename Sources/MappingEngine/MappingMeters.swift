import EventModel
import MappingCore
import Metering

/// What CloudWatch is told of a mapping (invocation.md §7), beside what it is told of the function.
struct MappingMeters {
    /// Milliseconds; `nil` for a queue.
    let iteratorAge: MetricHandle?
    let destinationFailures: MetricHandle
    /// `nil` unless `MetricsConfig` asks for them.
    let events: EventCountMeters?

    init(_ mapping: EventSourceMapping, recorder: MetricRecorder) {
        let function = mapping.functionName
        let resource = mapping.functionARN.resource.split(separator: ":", maxSplits: 1).last
        func handle(_ metric: String, _ unit: MetricUnit) -> MetricHandle {
            recorder.handle(
                LambdaMetrics.identities(
                    metric, function: function, resource: resource.map(String.init) ?? function,
                    in: mapping.location), unit: unit)
        }
        iteratorAge = mapping.settings.stream == nil ? nil : handle("IteratorAge", .milliseconds)
        destinationFailures = handle("DestinationDeliveryFailures", .count)
        events =
            mapping.settings.metrics.contains(.eventCount)
            ? EventCountMeters(mapping, recorder: recorder) : nil
    }
}

/// The metrics of `EventCount`, each as far as the source has it.
struct EventCountMeters {
    let polled: MetricHandle
    /// `nil` without filters.
    let filteredOut: MetricHandle?
    let invoked: MetricHandle
    let failedInvoke: MetricHandle
    /// Streams only, like `delivered`.
    let dropped: MetricHandle?
    let delivered: MetricHandle?
    /// Queues only.
    let deleted: MetricHandle?

    init(_ mapping: EventSourceMapping, recorder: MetricRecorder) {
        func handle(_ metric: String) -> MetricHandle {
            let identity = LambdaMetrics.identity(metric, mapping: mapping.id, in: mapping.location)
            return recorder.handle([identity], unit: .count)
        }
        let isStream = mapping.settings.stream != nil
        polled = handle("PolledEventCount")
        filteredOut = mapping.settings.filters.isEmpty ? nil : handle("FilteredOutEventCount")
        invoked = handle("InvokedEventCount")
        failedInvoke = handle("FailedInvokeEventCount")
        dropped = isStream ? handle("DroppedEventCount") : nil
        delivered = isStream ? handle("OnFailureDestinationDeliveredEventCount") : nil
        deleted = isStream ? nil : handle("DeletedEventCount")
    }
}
