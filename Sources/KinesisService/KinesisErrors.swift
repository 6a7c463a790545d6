import AWSWire
import EventModel
import EventStore

/// The errors of Kinesis Data Streams with AWS's words (sources-api.md B7).
extension AWSError {
    static func streamNotFound(_ name: String, _ account: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Stream \(name) under account \(account) not found.")
    }

    static func shardNotFound(_ shardID: String, _ stream: StreamDefinition) -> AWSError {
        AWSError(
            "ResourceNotFoundException",
            "Shard \(shardID) in stream \(stream.name) under account \(stream.location.account) does not exist"
        )
    }

    static func streamExists(_ name: String, _ account: String) -> AWSError {
        AWSError("ResourceInUseException", "Stream \(name) under account \(account) already exists.")
    }

    static func invalidArgument(_ message: String) -> AWSError {
        AWSError("InvalidArgumentException", message)
    }

    static func shardLimit(_ wanted: Int, _ location: Location) -> AWSError {
        AWSError(
            "LimitExceededException",
            "This request would exceed the shard limit for the account \(location.account) in \(location.region). "
                + "Limit: \(KinesisLimits.shardsOfStream). Number of additional shards that would have resulted "
                + "from this request: \(wanted).")
    }

    static func onDemandLimit(_ location: Location) -> AWSError {
        AWSError(
            "LimitExceededException",
            "This request would exceed the limit of \(KinesisLimits.onDemandStreams) on-demand streams of the "
                + "account \(location.account) in \(location.region).")
    }

    static func consumerNotFound(_ consumer: String, _ account: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Consumer \(consumer), account \(account) not found.")
    }

    static func consumersLeft(_ stream: StreamDefinition) -> AWSError {
        AWSError(
            "ResourceInUseException",
            "Stream \(stream.name) under account \(stream.location.account) has registered consumers. "
                + "Deregister them, or set EnforceConsumerDeletion to true.")
    }

    /// The call would have done what it says; nothing was done.
    static var dryRun: AWSError {
        AWSError(
            "DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")
    }

    static func rateExceeded(_ shardID: String, _ stream: StreamDefinition) -> AWSError {
        AWSError(
            "ProvisionedThroughputExceededException",
            "Rate exceeded for shard \(shardID) in stream \(stream.name) under account "
                + "\(stream.location.account).")
    }

    static func expiredIterator(created: Timestamp, now: Timestamp) -> AWSError {
        AWSError(
            "ExpiredIteratorException",
            "Iterator expired. The iterator was created at time \(created.dayText) while right now it is "
                + "\(now.dayText) which is further in the future than the tolerated delay of 300000 milliseconds."
        )
    }

    static func expiredToken(created: Timestamp, now: Timestamp) -> AWSError {
        AWSError(
            "ExpiredNextTokenException",
            "NextToken expired. The token was created at time \(created.dayText) while right now it is "
                + "\(now.dayText) which is further in the future than the tolerated delay of 300000 milliseconds."
        )
    }
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .full, .readOnly, .io, .closed, .corrupt, .newerFile, .locked, .sqlite, .conflict, .limit,
            .notFound:
            .internalFailure(description)
        }
    }
}

extension Timestamp {
    /// `Thu Jan 22 01:22:02 UTC 2015`.
    var dayText: String {
        let days: [String] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months: [String] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let (year, month, day) = civilDate
        // 1970-01-01 was a Thursday.
        let weekday = days[Int(millisecondsSinceEpoch / 86_400_000) % 7]
        let time = dateAndTime(separator: "T").split(separator: "T").last ?? ""
        return "\(weekday) \(months[month - 1]) \(day < 10 ? "0" : "")\(day) \(time) UTC \(year)"
    }
}
