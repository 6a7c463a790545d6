import EventModel
import SNSService
import Telemetry

/// Deliveries of topics to HTTP endpoints as metrics and log lines.
///
/// | metric | kind | counts |
/// |---|---|---|
/// | `millrace_topic_deliveries_total{outcome}` | counter | attempts: `delivered`, `failed` (tried again), `given_up` |
/// | `millrace_topic_messages_lost_total` | counter | given up without a dead-letter queue to go to |
final class DeliveryLog: Sendable {
    private let logger: Logger
    private let delivered: Counter
    private let failed: Counter
    private let givenUp: Counter
    private let lost: Counter

    init(logger: Logger, metrics: Metrics) {
        func counter(_ outcome: String) -> Counter {
            metrics.counter(
                "millrace_topic_deliveries_total", help: "Attempts to deliver to HTTP endpoints of topics.",
                labels: ["outcome": outcome])
        }
        self.logger = logger
        delivered = counter("delivered")
        failed = counter("failed")
        givenUp = counter("given_up")
        lost = metrics.counter(
            "millrace_topic_messages_lost_total",
            help: "Messages for HTTP endpoints that were given up and had no dead-letter queue.")
    }

    func write(_ event: DeliveryEvent) {
        switch event {
        case .delivered: delivered.add()
        case .failed(let subscription, let reason):
            failed.add()
            logger.log(
                .info, "delivery failed",
                ["subscription": .string(subscription.arn.description), "why": .string(reason)])
        case .givenUp(let subscription, let reason, let isInDeadLetterQueue):
            givenUp.add()
            if !isInDeadLetterQueue { lost.add() }
            logger.log(
                .warning, "delivery given up",
                [
                    "subscription": .string(subscription.arn.description), "why": .string(reason),
                    "kept": .string(isInDeadLetterQueue ? "dead-letter queue" : "nowhere"),
                ])
        case .storeFailed(let reason):
            logger.log(.error, "deliveries wait for the store", ["error": .string(reason)])
        }
    }
}
