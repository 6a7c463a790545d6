/// Every bound that more than one module keeps, each with its source.
package enum Limits {
    /// The account of every resource until credentials name another (architecture.md §3.8).
    package static let defaultAccount = "000000000000"
    /// The region of every resource until a signature names another (architecture.md §3.8).
    package static let defaultRegion = "us-east-1"
    /// Largest serialized event of one invocation, in bytes (Lambda quotas: 6 MB, synchronous payload).
    package static let eventBytes = 6_291_456
    /// Largest response of one invocation, in bytes (Lambda quotas).
    package static let responseBytes = 6_291_456
    /// How long a Kinesis shard iterator stays valid (Kinesis API reference, `GetShardIterator`).
    package static let shardIteratorLifetime = Duration.seconds(300)
    /// How long a DynamoDB Streams iterator stays valid (DynamoDB developer guide).
    package static let tableStreamIteratorLifetime = Duration.seconds(900)
    /// Longest visibility timeout, in seconds (SQS API reference).
    package static let visibilityTimeoutSeconds = 43_200
    /// Messages of one standard queue that may be in flight (SQS quotas).
    package static let inFlightMessages = 120_000
    /// Filters of one mapping (Lambda quotas; AWS raises it to 10 on request).
    package static let filtersPerMapping = 5
    /// Bits of a row's key that hold the position; the bits above hold the queue or shard.
    package static let positionBits = 44
    /// Retention of a DynamoDB stream (DynamoDB developer guide).
    package static let tableStreamRetention = Duration.seconds(86_400)
    /// Age at which a table stream goes on in a new shard (observed on AWS, about every four hours; sources-api.md C).
    package static let tableShardLifetime = Duration.seconds(14_400)
}
