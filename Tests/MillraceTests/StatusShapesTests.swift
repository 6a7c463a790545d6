import ByteCoding
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("The shapes that daemon and command line share")
struct StatusShapesTests {
    private static let shard = ShardStatus(
        shard: "shardId-000000000003", waitsFor: "the end of shardId-000000000001",
        waitsForShards: ["shardId-000000000001"], checkpoint: "49", recordsBehind: 12_345,
        ageAtRead: AgeStatus(nowMs: 5, p99Ms: 80, maxMs: 900),
        ageAtInvoke: AgeStatus(nowMs: 7, p99Ms: 90, maxMs: 950),
        ageAtCompletion: AgeStatus(nowMs: 1_500), drainPerSecond: 250.5, drainSeconds: 49.3,
        lastError: "ValueError",
        history: [0, 10, 20, 80])

    private static let mapping = MappingStatus(
        id: "0f0e0d0c-1111-2222-3333-444444444444",
        source: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
        function: "worker", state: "Enabled", lastResult: "OK", inFlight: 1, waitsFor: "retry 1 in 200 ms",
        batches: 10, invocations: 12, records: 1_000, retries: 2, bisects: 3, filtered: 4, discarded: 1,
        dropped: 1,
        lastError: nil,
        shards: [shard])

    private static let queueMapping = MappingStatus(
        id: "aaaa", source: "arn:aws:sqs:us-east-1:000000000000:orders", function: "orders:$LATEST",
        state: "Disabled",
        lastResult: nil, inFlight: 0, waitsFor: "", batches: 0, invocations: 0, records: 0, retries: 0,
        bisects: 0,
        filtered: 0, discarded: 0, dropped: 0, lastError: "boom", shards: [])

    private func roundTrip<Shape: StatusShape>(_ shape: Shape) throws {
        #expect(try Shape(JSONValue(parsing: shape.json.bytes)) == shape)
    }

    @Test(
        "A source is called by the name that its users gave it",
        arguments: [
            ("arn:aws:kinesis:us-east-1:000000000000:stream/clicks", "stream", "clicks"),
            ("arn:aws:kinesis:us-east-1:000000000000:stream/clicks/consumer/app:7", "consumer", "clicks/app"),
            ("arn:aws:sqs:us-east-1:000000000000:orders", "queue", "orders"),
            (
                "arn:aws:dynamodb:us-east-1:000000000000:table/items/stream/2024-09-17T12:49:54.528", "table",
                "items"
            ),
        ])
    func sources(arn: String, kind: String, name: String) {
        var mapping = Self.mapping
        mapping.source = arn
        #expect(mapping.sourceKind == kind)
        #expect(mapping.sourceName == name)
    }

    @Test("Each is read back as it was written")
    func roundTrips() throws {
        try roundTrip(LagReport(nowAtMs: 1_700_000_000_000, mappings: [Self.mapping, Self.queueMapping]))
        try roundTrip(
            StatusReport(
                version: "1", address: "http://127.0.0.1:1", dataDirectory: "/d", durability: "full",
                startedAtMs: 1,
                nowAtMs: 2, environments: 3, concurrencyLimit: 4, mappings: [Self.mapping],
                queues: [QueueStatus(name: "q", visible: 1, inFlight: 2, delayed: 3, deadLetterQueue: "d")],
                streams: [StreamStatus(name: "s", isTableStream: true, shards: 1, records: 5)],
                topics: [TopicStatus(name: "t", subscriptions: 1, pending: 2, waitingDeliveries: 3)]))
        try roundTrip(
            DecisionReport(decisions: [
                DecisionEntry(
                    atMs: 1, mapping: "m", shard: "", kind: "retry", text: "t", requestID: nil, attempt: 0,
                    count: 3,
                    first: "1", last: "3")
            ]))
        try roundTrip(
            DiscardReport(discards: [
                DiscardEntry(
                    atMs: 1, mapping: "m", shard: "s", reason: "r", attempts: 2, error: "e", destination: nil,
                    records: [DiscardedRecord(id: "1", key: "k", content: "\u{0}\"ü")])
            ]))
    }

    @Test("A report without a member is refused by the member's name")
    func missing() {
        #expect(throws: ShapeError(member: "mappings")) { try LagReport(["nowAtMs": 1]) }
    }

    @Test("The lag table shows ages, what is behind, and the curve")
    func lagView() {
        let lines = LagView.lines([Self.mapping])
        #expect(lines.first == "stream clicks → worker  [Enabled]  0f0e0d0c-1111-2222-3333-444444444444")
        let row = lines.dropFirst(2).first ?? ""
        for cell in [
            "shardId-3", "12,345", "5 ms", "7 ms", "90 ms", "950 ms", "1.5 s", "251", "49.3 s", "▁▁▂█",
        ] {
            #expect(row.contains(cell), "\(cell) in \(row)")
        }
        #expect(lines.last == "  last error: ValueError")
    }

    @Test("A mapping goes by ID, its beginning, function or source")
    func choice() throws {
        let all = [Self.mapping, Self.queueMapping]
        for word in ["0f0e", "worker", "clicks", Self.mapping.source] {
            #expect(try MappingChoice.single(word, among: all) == Self.mapping)
        }
        #expect(try MappingChoice.matching(nil, among: all) == all)
        let error = #expect(throws: CommandFailure.self) { try MappingChoice.single("nothing", among: all) }
        #expect(error?.description.contains("clicks → worker") == true)
    }
}

@Suite("Numbers as people read them")
struct TextTests {
    @Test(
        "Thousands are set apart",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
    func number(number: Int, text: String) {
        #expect(Text.number(number) == text)
    }

    @Test(
        "Lengths of time grow units",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1_500, "1.5 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min"),
        ]
            as [(Int64, String)])
    func time(milliseconds: Int64, text: String) {
        #expect(Text.milliseconds(milliseconds) == text)
    }

    @Test(
        "Decimals are rounded",
        arguments: [(0.05, 1, "0.1"), (-0.04, 1, "0.0"), (2.999, 2, "3.00"), (7, 0, "7")])
    func decimal(number: Double, places: Int, text: String) {
        #expect(Text.decimal(number, places: places) == text)
    }

    @Test("A curve shows the newest samples that fit")
    func sparkline() {
        #expect(Text.sparkline([9, 0, 50, 100], width: 3) == "▁▄█")
        #expect(Text.sparkline([0, 0], width: 5) == "▁▁")
        #expect(Text.sparkline([], width: 5) == "")
    }

    @Test("A table's columns are as wide as their widest cell")
    func table() {
        var table = TextTable([.left("A"), .right("NUMBER"), .left("")])
        table.add(["long cell", "1", ""])
        #expect(table.lines == ["A          NUMBER", "long cell       1"])
    }
}
