/// What a Kinesis stream has been told besides its mode, its retention and its shards.
package struct StreamSettings: Equatable, Sendable {
    /// Largest record, data and partition key together, in KiB, 1,024...10,240 (Kinesis API, `UpdateMaxRecordSize`).
    package var maxRecordKiB: Int
    package var tags: [String: String]
    /// Names of the shard-level metrics that were switched on; kept and shown, nothing is measured for them.
    package var shardLevelMetrics: [String]
    /// When records counted as encrypted, oldest first; only the last one can be without an end.
    package var encryptions: [Encryption]
    /// The resource policy, JSON text; kept and shown, not enforced.
    package var policy: String?
    /// In the order of their registration.
    package var consumers: [StreamConsumer]

    package init(
        maxRecordKiB: Int = 1_024, tags: [String: String] = [:], shardLevelMetrics: [String] = [],
        encryptions: [Encryption] = [], policy: String? = nil, consumers: [StreamConsumer] = []
    ) {
        self.maxRecordKiB = maxRecordKiB
        self.tags = tags
        self.shardLevelMetrics = shardLevelMetrics
        self.encryptions = encryptions
        self.policy = policy
        self.consumers = consumers
    }

    /// A span of time in which records of the stream said that they are encrypted; nothing is, Millrace has no keys.
    package struct Encryption: Equatable, Sendable {
        package let keyID: String
        package let start: Timestamp
        package var end: Timestamp?

        package init(keyID: String, start: Timestamp, end: Timestamp? = nil) {
            self.keyID = keyID
            self.start = start
            self.end = end
        }
    }
}

// MARK: - Encryption

extension StreamSettings {
    /// The key in use; `nil` while the stream is not encrypted.
    package var keyID: String? { encryptions.last.flatMap { $0.end == nil ? $0.keyID : nil } }

    package func isEncrypted(recordFrom arrival: Timestamp) -> Bool {
        encryptions.contains { $0.start <= arrival && ($0.end.map { arrival < $0 } ?? true) }
    }

    /// Spans that are kept however often keys change (own choice; AWS allows 25 changes a day).
    package static let rememberedEncryptions = 100

    /// Begins with another key, or with none, and forgets spans that no record is left of.
    package mutating func encrypt(with keyID: String?, now: Timestamp, retention: Duration) {
        guard keyID != self.keyID else { return }
        if let last = encryptions.indices.last, encryptions[last].end == nil { encryptions[last].end = now }
        if let keyID { encryptions.append(Encryption(keyID: keyID, start: now)) }
        encryptions.removeAll { span in span.end.map { $0 < now - retention } ?? false }
        if encryptions.count > Self.rememberedEncryptions {
            encryptions.removeFirst(encryptions.count - Self.rememberedEncryptions)
        }
    }
}
