/// What kind of source a mapping names; decides which settings it may have (esm-api.md §3).
package enum MappingSource: Equatable, Sendable {
    case queue(ARN)
    case fifoQueue(ARN)
    case kinesisStream(ARN)
    /// A registered consumer of a Kinesis stream.
    case kinesisConsumer(ARN)
    case tableStream(ARN)
    case managedKafka(ARN)
    case selfManagedKafka
    case messageBroker(ARN)
    case documentDatabase(ARN)

    /// Tells the kind by service and resource; `nil` for an ARN that no mapping can have as its source.
    package init?(_ arn: ARN) {
        switch arn.service {
        case "sqs": self = arn.resource.hasSuffix(".fifo") ? .fifoQueue(arn) : .queue(arn)
        case "kinesis" where arn.resource.hasPrefix("stream/"):
            self = arn.resource.contains("/consumer/") ? .kinesisConsumer(arn) : .kinesisStream(arn)
        case "dynamodb" where arn.resource.hasPrefix("table/") && arn.resource.contains("/stream/"):
            self = .tableStream(arn)
        case "kafka": self = .managedKafka(arn)
        case "mq": self = .messageBroker(arn)
        case "rds": self = .documentDatabase(arn)
        default: return nil
        }
    }

    package var arn: ARN? {
        switch self {
        case .queue(let arn), .fifoQueue(let arn), .kinesisStream(let arn), .kinesisConsumer(let arn),
            .tableStream(let arn), .managedKafka(let arn), .messageBroker(let arn),
            .documentDatabase(let arn):
            arn
        case .selfManagedKafka: nil
        }
    }

    package var isQueue: Bool {
        switch self {
        case .queue, .fifoQueue: true
        case .kinesisStream, .kinesisConsumer, .tableStream, .managedKafka, .selfManagedKafka, .messageBroker,
            .documentDatabase:
            false
        }
    }

    /// A Kinesis stream, shared or by consumer, or a table's stream.
    package var isStream: Bool {
        switch self {
        case .kinesisStream, .kinesisConsumer, .tableStream: true
        case .queue, .fifoQueue, .managedKafka, .selfManagedKafka, .messageBroker, .documentDatabase: false
        }
    }

    package var isKafka: Bool {
        switch self {
        case .managedKafka, .selfManagedKafka: true
        case .queue, .fifoQueue, .kinesisStream, .kinesisConsumer, .tableStream, .messageBroker,
            .documentDatabase:
            false
        }
    }

    /// What to call the kind in a refusal, for kinds that Millrace cannot poll yet.
    var unsupportedName: String? {
        switch self {
        case .queue, .fifoQueue, .kinesisStream, .kinesisConsumer, .tableStream: nil
        case .managedKafka: "an Amazon MSK cluster as event source"
        case .selfManagedKafka: "SelfManagedEventSource"
        case .messageBroker: "an Amazon MQ broker as event source"
        case .documentDatabase: "a DocumentDB cluster as event source"
        }
    }
}
