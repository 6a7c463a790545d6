import EventModel
import Telemetry

/// The metrics of one mapping; every name, once.
///
/// | name | kind | meaning |
/// |---|---|---|
/// | `millrace_mapping_batches_total` | counter | batches closed |
/// | `millrace_mapping_invocations_total` | counter | calls of the function that reached it |
/// | `millrace_mapping_failed_invocations_total` | counter | of these, the ones that counted as failed |
/// | `millrace_mapping_records_settled_total` | counter | records or messages settled, after their commit |
/// | `millrace_mapping_records_filtered_total` | counter | records or messages that no filter matched |
/// | `millrace_mapping_records_polled_total` | counter | read from the source, filtered ones included |
/// | `millrace_mapping_records_invoked_total` | counter | handed to the function, on each attempt |
/// | `millrace_mapping_records_failed_total` | counter | of failed attempts; named failures of partial answers |
/// | `millrace_mapping_records_delivered_total` | counter | given up and reported to the on-failure destination |
/// | `millrace_mapping_records_dropped_total` | counter | given up with nobody told |
/// | `millrace_mapping_records_deleted_total` | counter | messages deleted from their queue |
/// | `millrace_mapping_records_never_executed_total` | counter | dead letters that were never executed |
/// | `millrace_mapping_retries_total`, `…_bisects_total` | counter | repeated attempts; batches cut in two |
/// | `millrace_mapping_records_discarded_total` | counter | records given up |
/// | `millrace_mapping_destination_failures_total` | counter | reports that could not be delivered |
/// | `millrace_iterator_age_seconds` | histogram | `IteratorAge`: last record's age when its batch is sent |
struct MappingMetrics {
    let batches: Counter
    let invocations: Counter
    let failedInvocations: Counter
    let records: Counter
    let filtered: Counter
    let retries: Counter
    let bisects: Counter
    let discarded: Counter
    let destinationFailures: Counter
    let polled: Counter
    let invoked: Counter
    let failed: Counter
    let delivered: Counter
    let dropped: Counter
    let deleted: Counter
    let neverExecuted: Counter
    let iteratorAge: Histogram?
    private let mappingID: String
    private let function: String

    init(registry: Metrics, mapping: EventSourceMapping) {
        mappingID = mapping.id
        function = mapping.functionName
        let id = mapping.id
        let name = mapping.functionName
        func counter(_ what: String, _ help: String) -> Counter {
            registry.counter(
                "millrace_mapping_\(what)_total", help: help, labels: ["mapping": id, "function": name])
        }
        batches = counter("batches", "Batches closed.")
        invocations = counter("invocations", "Invocations that reached the function.")
        failedInvocations = counter("failed_invocations", "Invocations that counted as failed.")
        records = counter("records_settled", "Records or messages settled.")
        filtered = counter("records_filtered", "Records or messages that no filter matched.")
        retries = counter("retries", "Attempts repeated after a failure.")
        bisects = counter("bisects", "Batches cut in two.")
        discarded = counter("records_discarded", "Records given up.")
        destinationFailures = counter(
            "destination_failures", "Invocation records that could not be delivered.")
        polled = counter("records_polled", "Records or messages read, filtered ones included.")
        invoked = counter("records_invoked", "Records or messages handed to the function, on each attempt.")
        failed = counter("records_failed", "Records or messages of attempts that failed.")
        delivered = counter("records_delivered", "Records reported to the on-failure destination.")
        dropped = counter("records_dropped", "Records given up with nobody told.")
        deleted = counter("records_deleted", "Messages deleted from their queue.")
        neverExecuted = counter(
            "records_never_executed", "Messages moved to the dead-letter queue that no mapping executed.")
        iteratorAge =
            mapping.settings.stream == nil
            ? nil
            : registry.histogram(
                "millrace_iterator_age_seconds", help: "Age of a batch's last record when it is sent.",
                labels: ["mapping": id, "function": name], bounds: Histogram.seconds)
    }

    /// Forgets the series of a deleted mapping.
    func remove(from registry: Metrics) {
        let names = [
            "batches", "invocations", "failed_invocations", "records_settled", "retries", "bisects",
            "records_discarded", "records_filtered", "destination_failures", "records_polled",
            "records_invoked", "records_failed", "records_delivered", "records_dropped", "records_deleted",
            "records_never_executed",
        ]
        for name in names {
            registry.remove(
                "millrace_mapping_\(name)_total", labels: ["mapping": mappingID, "function": function])
        }
        registry.remove(
            "millrace_iterator_age_seconds", labels: ["mapping": mappingID, "function": function])
    }
}
