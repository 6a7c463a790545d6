import AWSWire
import EventModel

/// Which shards ListShards lists (Kinesis API reference, `ShardFilter`).
enum ShardFilter: Equatable {
    /// Those that were open at the trim horizon.
    case atTrimHorizon
    /// Those that retention has left something of: all but the ones closed longer ago.
    case fromTrimHorizon
    case atLatest
    case after(shardID: String)
    /// Those that were open at a moment.
    case at(Timestamp)
    /// Those that were open at a moment or later.
    case from(Timestamp)

    private static let types: [String] = [
        "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP",
        "FROM_TIMESTAMP",
    ]

    init(_ arguments: CallArguments) throws(AWSError) {
        let type = try arguments.string("Type")
        let shardID = try arguments.string("ShardId")
        let seconds = try arguments.double("Timestamp")
        var constraints = Constraints()
        constraints.required(type != nil, "shardFilter.type")
        constraints.choice(type, at: "shardFilter.type", Self.types)
        constraints.name(shardID, at: "shardFilter.shardId")
        try constraints.check()
        let name = type ?? ""
        guard name == "AFTER_SHARD_ID" || shardID == nil else {
            throw .invalidArgument("ShardId must not be given for a ShardFilter of type \(name).")
        }
        guard name.hasSuffix("_TIMESTAMP") || seconds == nil else {
            throw .invalidArgument("Timestamp must not be given for a ShardFilter of type \(name).")
        }
        switch name {
        case "AT_TRIM_HORIZON": self = .atTrimHorizon
        case "AT_LATEST": self = .atLatest
        case "AFTER_SHARD_ID":
            guard let shardID else {
                throw .invalidArgument("Must specify ShardId for a ShardFilter of type AFTER_SHARD_ID.")
            }
            self = .after(shardID: shardID)
        case "AT_TIMESTAMP", "FROM_TIMESTAMP":
            guard let seconds else {
                throw .invalidArgument("Must specify Timestamp for a ShardFilter of type \(name).")
            }
            let moment = try Timestamp(wireSeconds: seconds)
            self = name == "AT_TIMESTAMP" ? .at(moment) : .from(moment)
        default: self = .fromTrimHorizon
        }
    }
}

// MARK: - Choosing

extension ShardFilter {
    func lists(_ shard: ShardDefinition, of stream: StreamDefinition, now: Timestamp) -> Bool {
        let horizon = max(now - stream.retention, stream.createdAt)
        let closedAt = stream.closing(of: shard)
        // Shards past retention are gone for every filter.
        if let closedAt, closedAt < horizon { return false }
        switch self {
        case .fromTrimHorizon: return true
        case .atLatest: return shard.isOpen
        case .after(let shardID): return shard.id > shardID
        case .from(let moment): return closedAt.map { $0 >= moment } ?? true
        case .atTrimHorizon: return wasOpen(shard, closedAt, at: horizon)
        case .at(let moment): return wasOpen(shard, closedAt, at: max(moment, horizon))
        }
    }

    private func wasOpen(_ shard: ShardDefinition, _ closedAt: Timestamp?, at moment: Timestamp) -> Bool {
        shard.createdAt <= moment && closedAt.map { $0 >= moment } ?? true
    }
}

extension StreamDefinition {
    /// When a shard was closed: its children were made at that moment. `nil` while it is open.
    func closing(of shard: ShardDefinition) -> Timestamp? {
        guard !shard.isOpen else { return nil }
        let child = shards.first { $0.parent == shard.key || $0.adjacentParent == shard.key }
        return child?.createdAt ?? shard.createdAt
    }
}

extension Timestamp {
    /// A time of the wire, in seconds with a fraction.
    init(wireSeconds seconds: Double) throws(AWSError) {
        // The bound keeps the conversion from trapping; it is far behind any clock.
        guard seconds.isFinite, abs(seconds) < 1e12 else { throw .serialization("Timestamp is out of range") }
        self.init(millisecondsSinceEpoch: Int64((seconds * 1_000).rounded()))
    }
}

// MARK: - Text, for tokens

extension ShardFilter {
    var text: String {
        switch self {
        case .fromTrimHorizon: "FROM_TRIM_HORIZON"
        case .atTrimHorizon: "AT_TRIM_HORIZON"
        case .atLatest: "AT_LATEST"
        case .after(let shardID): "AFTER_SHARD_ID \(shardID)"
        case .at(let moment): "AT_TIMESTAMP \(moment.millisecondsSinceEpoch)"
        case .from(let moment): "FROM_TIMESTAMP \(moment.millisecondsSinceEpoch)"
        }
    }

    init?(text: String) {
        let parts = text.split(separator: " ")
        let operand = parts.count == 2 ? String(parts[1]) : nil
        let moment = operand.flatMap { Int64($0) }.map { Timestamp(millisecondsSinceEpoch: $0) }
        switch (parts.first, operand, moment) {
        case ("FROM_TRIM_HORIZON"?, nil, _): self = .fromTrimHorizon
        case ("AT_TRIM_HORIZON"?, nil, _): self = .atTrimHorizon
        case ("AT_LATEST"?, nil, _): self = .atLatest
        case ("AFTER_SHARD_ID"?, let shardID?, _): self = .after(shardID: shardID)
        case ("AT_TIMESTAMP"?, _, let moment?): self = .at(moment)
        case ("FROM_TIMESTAMP"?, _, let moment?): self = .from(moment)
        default: return nil
        }
    }
}
