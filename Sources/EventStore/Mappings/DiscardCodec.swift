import ByteCoding
import EventModel

/// The small facts of a discard as the file keeps them.
enum DiscardCodec {
    static func facts(_ discard: Discard) -> String {
        JSONValue(members: [
            ("shardID", .string(discard.shardID)),
            ("streamARN", JSONValue(discard.streamARN)),
            ("first", JSONValue(Int(discard.first))),
            ("last", JSONValue(Int(discard.last))),
            ("recordCount", JSONValue(discard.recordCount)),
            ("condition", .string(discard.condition)),
            ("requestID", .string(discard.requestID)),
            ("attempts", JSONValue(discard.attempts)),
            ("functionError", discard.functionError.map { .string($0) } ?? .null),
            ("discardedAt", JSONValue(discard.discardedAt)),
            ("destination", JSONValue(discard.destination)),
        ]).text
    }

    static func discard(
        id: Int64, mappingID: String, shard: ShardKey, facts: String, errorPayload: [UInt8], logTail: [UInt8],
        payload: [UInt8]
    ) throws(StoreError) -> Discard {
        let json = try StoredJSON(text: facts, of: "discard \(id)")
        guard let stream = json.string("streamARN").flatMap({ ARN($0) }) else {
            throw .corrupt("discard \(id) names no stream")
        }
        var discard = Discard(
            mappingID: mappingID, shard: shard, shardID: json.string("shardID", or: ""), streamARN: stream,
            first: Int64(json.int("first", or: 0)), last: Int64(json.int("last", or: 0)),
            recordCount: json.int("recordCount", or: 0), condition: json.string("condition", or: ""),
            requestID: json.string("requestID", or: ""), attempts: json.int("attempts", or: 0),
            functionError: json.string("functionError"),
            discardedAt: json.timestamp("discardedAt") ?? Timestamp(millisecondsSinceEpoch: 0),
            destination: json.string("destination").flatMap { ARN($0) }, errorPayload: errorPayload,
            logTail: logTail, payload: payload)
        discard.id = id
        return discard
    }
}
