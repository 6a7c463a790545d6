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

/// Bounds of Kinesis's API (Kinesis developer guide, "Quotas and limits"; sources-api.md B3, B4).
enum KinesisLimits {
    static let recordsInPut = 500
    static let recordBytes = 1_048_576
    static let putBytes = 10_485_760
    static let readBytes = 10_485_760
    static let partitionKeyCharacters = 256
    /// Largest `Limit` of GetRecords, of the lists, and of ListShards.
    static let listResults = 10_000
    static let describedShards = 100
    static let listedShards = 1_000
    static let listedStreams = 100
    /// Shards of an on-demand stream when it is made.
    static let onDemandShards = 4
    /// Shards of one stream (own choice; AWS's quotas are for accounts).
    static let shardsOfStream = 10_000
    static let retentionHours = 24
    static let nextTokenLifetime = Duration.seconds(300)
}
