/// Bounds of Kinesis's API (Kinesis developer guide, "Quotas and limits"; sources-api.md B3, B4).
enum KinesisLimits {
    static let recordsInPut = 500
    /// What `MaxRecordSizeInKiB` of a stream may be.
    static let recordKiB = 1_024...10_240
    static let putBytes = 10_485_760
    static let readBytes = 10_485_760
    static let partitionKeyCharacters = 256
    /// Largest `Limit` of GetRecords, of the lists, and of ListShards.
    static let listResults = 10_000
    static let describedShards = 100
    static let listedShards = 1_000
    static let listedStreams = 100
    static let listedConsumers = 100
    static let streamModes: [String] = ["PROVISIONED", "ON_DEMAND"]
    /// Shards of an on-demand stream when it is made.
    static let onDemandShards = 4
    /// Shards of one stream (own choice; AWS's quotas are for accounts).
    static let shardsOfStream = 10_000
    /// Open shards of an account in one region (own choice; AWS's quotas start at 500).
    static let shardsOfAccount = 100_000
    /// On-demand streams of an account in one region (own choice; AWS's quota starts at 50).
    static let onDemandStreams = 1_000
    static let consumersOfStream = 20
    static let retentionHours = 24
    static let retentionHoursMax = 8_760
    static let nextTokenLifetime = Duration.seconds(300)
    static let tags = 50
    /// Members of a map of tags on the wire; more than a resource can have.
    static let tagsInCall = 200
    static let tagKeyCharacters = 1...128
    static let tagValueCharacters = 256
    /// Longest resource policy (IAM's bound for resource policies of Kinesis: 20 KB).
    static let policyBytes = 20_480
}
