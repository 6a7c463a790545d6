import AWSWire
import ByteCoding
import Digest
import EventModel

/// A `PutRecord` or `PutRecords` request: one arena with every byte that is kept, and ranges of it.
struct PutRequest {
    struct Entry {
        var partitionKey: Range<Int>?
        var payload: Range<Int>?
        var explicitHashKey: String?
    }

    var streamName: String?
    var streamARN: String?
    var arena: [UInt8] = []
    var entries: [Entry] = []
    var hasRecords = false
    var isDryRun = false
    /// PutRecord only: the new record's number will be greater, as it is in any case.
    var sequenceNumberForOrdering: String?
}

// MARK: - Parsing

extension PutRequest {
    static func single(_ body: [UInt8]) throws(AWSError) -> PutRequest {
        var request = PutRequest()
        request.arena.reserveCapacity(body.count)
        var entry = Entry()
        try request.parse(body) { name, request, json throws(WireProblem) in
            guard name != "SequenceNumberForOrdering" else {
                request.sequenceNumberForOrdering = try json.text()
                return
            }
            try request.readMember(name, of: &entry, &json)
        }
        request.entries.append(entry)
        request.hasRecords = true
        return request
    }

    static func batch(_ body: [UInt8]) throws(AWSError) -> PutRequest {
        var request = PutRequest()
        request.arena.reserveCapacity(body.count)
        request.entries.reserveCapacity(KinesisLimits.recordsInPut)
        try request.parse(body) { name, request, json throws(WireProblem) in
            guard name == "Records" else { return try json.skip() }
            request.hasRecords = true
            try json.array { json throws(WireProblem) in
                var entry = Entry()
                try json.members { name, json throws(WireProblem) in
                    try request.readMember(name, of: &entry, &json)
                }
                request.entries.append(entry)
            }
        }
        return request
    }

    private mutating func parse(
        _ body: [UInt8],
        _ member: (String, inout PutRequest, inout JSONReader) throws(WireProblem) -> Void
    ) throws(AWSError) {
        do throws(WireProblem) {
            var json = JSONReader(body)
            try json.object { name, json throws(WireProblem) in
                switch name {
                case "StreamName": streamName = try json.text()
                case "StreamARN": streamARN = try json.text()
                case "DryRun": isDryRun = try json.flag()
                default: try member(name, &self, &json)
                }
            }
        } catch {
            throw error.wireError
        }
    }

    private mutating func readMember(
        _ name: String, of entry: inout Entry, _ json: inout JSONReader
    ) throws(WireProblem) {
        switch name {
        case "Data": entry.payload = try json.base64Bytes(into: &arena)
        case "PartitionKey": entry.partitionKey = try json.textBytes(into: &arena)
        case "ExplicitHashKey": entry.explicitHashKey = try json.text()
        default: try json.skip()
        }
    }
}

// MARK: - Checks and routing

extension PutRequest {
    /// The records with their shards, ready for the store.
    ///
    /// - Parameter isBatch: Texts name members of a list in a batch.
    mutating func routed(
        by map: ShardMap, _ hasher: MD5Hasher, _ stream: StreamDefinition, isBatch: Bool
    ) throws(AWSError) -> RecordBatch {
        try check(isBatch: isBatch, recordBytes: stream.settings.maxRecordKiB * 1_024)
        try checkOrdering(in: stream)
        var batch = RecordBatch()
        batch.entries.reserveCapacity(entries.count)
        for entry in entries {
            let key = entry.partitionKey ?? 0..<0
            let hashKey =
                if let text = entry.explicitHashKey {
                    try Self.hashKey(text)
                } else {
                    hasher.hash(arena.span.extracting(key)).value
                }
            guard let route = map.route(of: hashKey) else {
                throw .internalFailure("The stream has no open shard for the hash key \(hashKey).")
            }
            batch.entries.append(
                RecordBatch.Entry(shard: route.shard, partitionKey: key, payload: entry.payload ?? 0..<0))
        }
        swap(&batch.bytes, &arena)
        return batch
    }

    private func check(isBatch: Bool, recordBytes: Int) throws(AWSError) {
        var constraints = Constraints()
        if isBatch {
            constraints.required(hasRecords, "records")
            if hasRecords, entries.isEmpty {
                constraints.note("[]", at: "records", "Member must have length greater than or equal to 1")
            }
            if entries.count > KinesisLimits.recordsInPut {
                constraints.note(
                    "[\(entries.count) records]", at: "records",
                    "Member must have length less than or equal to \(KinesisLimits.recordsInPut)")
            }
        }
        var total = 0
        for (index, entry) in entries.enumerated() {
            total += (entry.payload?.count ?? 0) + (entry.partitionKey?.count ?? 0)
            guard !isUsual(entry, recordBytes) else { continue }
            check(entry, isBatch ? "records.\(index + 1).member." : "", recordBytes, &constraints)
        }
        try constraints.check()
        guard total <= KinesisLimits.putBytes else {
            throw .invalidArgument("Records size exceeds 10 MB limit")
        }
    }

    /// Whether an entry is right at first sight: bytes are at least as many as characters.
    private func isUsual(_ entry: Entry, _ recordBytes: Int) -> Bool {
        guard let key = entry.partitionKey, let payload = entry.payload else { return false }
        return !key.isEmpty && key.count <= KinesisLimits.partitionKeyCharacters
            && key.count + payload.count <= recordBytes
    }

    private func check(
        _ entry: Entry, _ prefix: String, _ recordBytes: Int, _ constraints: inout Constraints
    ) {
        constraints.required(entry.payload != nil, prefix + "data")
        constraints.required(entry.partitionKey != nil, prefix + "partitionKey")
        guard let key = entry.partitionKey, let payload = entry.payload else { return }
        let text = String(decoding: arena[key], as: UTF8.self)
        constraints.length(text, at: prefix + "partitionKey", 1...KinesisLimits.partitionKeyCharacters)
        if key.count + payload.count > recordBytes {
            constraints.note(
                "java.nio.HeapByteBuffer[pos=0 lim=\(payload.count) cap=\(payload.count)]",
                at: prefix + "data",
                "Member must have length less than or equal to \(recordBytes)")
        }
    }

    private func checkOrdering(in stream: StreamDefinition) throws(AWSError) {
        guard let text = sequenceNumberForOrdering, SequenceNumber.shardIndex(of: text) == nil else { return }
        throw .invalidArgument(
            "ExclusiveMinimumSequenceNumber \(text) used in PutRecord on stream \(stream.name) under account "
                + "\(stream.location.account) is invalid.")
    }

    private static func hashKey(_ text: String) throws(AWSError) -> UInt128 {
        let isDecimal =
            !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let value = UInt128(text) else {
            throw .invalidArgument(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                    + "Specified value was \(text)")
        }
        return value
    }
}

extension JSONReader {
    fileprivate mutating func flag() throws(WireProblem) -> Bool {
        do throws(JSONError) { return try bool() } catch { throw .json(error) }
    }
}
