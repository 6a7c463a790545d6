import ByteCoding
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("Generated records")
struct RecordGeneratorTests {
    private func generator(
        _ template: String = RecordTemplate.standard, seed: UInt64 = 1, poison: Double = 0, skew: Double = 0
    ) throws -> RecordGenerator {
        RecordGenerator(
            template: try RecordTemplate(parsing: template), seed: seed, size: 200, poison: poison,
            keyCount: 10,
            skew: skew)
    }

    private func text(_ record: FeedRecord) -> String { String(decoding: record.content, as: UTF8.self) }

    @Test("The same seed gives the same record, another seed another one")
    func deterministic() throws {
        let first = try generator().record(7, nowMilliseconds: 0)
        #expect(try generator().record(7, nowMilliseconds: 99) == first)
        #expect(try generator(seed: 2).record(7, nowMilliseconds: 0) != first)
        #expect(try generator().record(8, nowMilliseconds: 0) != first)
    }

    @Test("A record is valid JSON of the size that was asked for")
    func size() throws {
        for sequence in [0, 9, 1_000_000] {
            let record = try generator().record(sequence, nowMilliseconds: 0)
            #expect(record.content.count == 200)
            #expect(try JSONValue(parsing: record.content)["seq"]?.intValue == sequence)
        }
    }

    @Test("About the asked share is poison, and says so")
    func poison() throws {
        let generator = try generator(poison: 0.1)
        let records = (0..<2_000).map { generator.record($0, nowMilliseconds: 0) }
        let share = Double(records.count { $0.isPoison }) / 2_000
        #expect((0.08...0.12).contains(share))
        for record in records {
            #expect(try JSONValue(parsing: record.content)["poison"]?.boolValue == record.isPoison)
        }
    }

    @Test("Without skew keys are alike, with skew the first ones lead")
    func skew() throws {
        func share(_ skew: Double) throws -> Double {
            let generator = try generator(skew: skew)
            return Double((0..<2_000).count { generator.record($0, nowMilliseconds: 0).key == "key-0" })
                / 2_000
        }
        #expect((0.07...0.13).contains(try share(0)))
        // 1 / (1 + 1/2 + … + 1/10) = 0.34
        #expect((0.29...0.39).contains(try share(1)))
    }

    @Test("Every placeholder gives what it says")
    func placeholders() throws {
        let template =
            "{{seq}} {{key}} {{poison}} {{now}} {{int:5..5}} {{decimal:-1.5..-1.5}} {{choice:a}} {{hex:4}} {{uuid}}"
        let parts = text(try generator(template).record(3, nowMilliseconds: 42)).split(separator: " ").map(
            String.init)
        #expect(parts.count == 9)
        #expect(
            [parts[0], parts[2], parts[3], parts[4], parts[5], parts[6]] == [
                "3", "false", "42", "5", "-1.50", "a",
            ])
        #expect(parts[1].hasPrefix("key-"))
        #expect(parts[7].count == 4 && parts[7].allSatisfy(\.isHexDigit))
        #expect(parts[8].split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    }

    @Test(
        "An unknown placeholder is refused",
        arguments: ["{{sequence}}", "{{int:5}}", "{{int:2..1}}", "{{hex:0}}", "{{seq"])
    func unknown(template: String) {
        #expect(throws: UsageError.self) { try RecordTemplate(parsing: template) }
    }
}

@Suite("The pace of a feed")
struct PaceTests {
    @Test("Without a rate everything may go at once")
    func unbound() {
        var pace = Pace(rate: nil)
        #expect(pace.take(upTo: 500, elapsed: .zero) == .records(500))
    }

    @Test("With a rate records become due evenly")
    func even() {
        var pace = Pace(rate: 100)
        #expect(pace.take(upTo: 500, elapsed: .zero) == .records(1))
        #expect(pace.take(upTo: 500, elapsed: .zero) == .wait(.milliseconds(10)))
        #expect(pace.take(upTo: 500, elapsed: .seconds(1)) == .records(100))
        #expect(pace.take(upTo: 500, elapsed: .seconds(1)) == .wait(.milliseconds(10)))
    }

    @Test("What one call cannot take stays due")
    func backlog() {
        var pace = Pace(rate: 1_000)
        #expect(pace.take(upTo: 10, elapsed: .seconds(1)) == .records(10))
        #expect(pace.take(upTo: 10, elapsed: .seconds(1)) == .records(10))
    }

    @Test("Bursts go together and keep the average")
    func bursts() {
        var pace = Pace(rate: 100, burst: 50)
        #expect(pace.take(upTo: 500, elapsed: .zero) == .records(50))
        #expect(pace.take(upTo: 500, elapsed: .milliseconds(100)) == .wait(.milliseconds(400)))
        #expect(pace.take(upTo: 500, elapsed: .milliseconds(500)) == .records(50))
    }
}

@Suite("Calls to a feed's target")
struct FeedTargetTests {
    private func records(_ count: Int, size: Int = 10, keys: Int = 1_000) -> [FeedRecord] {
        (0..<count).map { index in
            FeedRecord(
                sequence: index, key: "key-\(index % keys)", isPoison: false,
                content: [UInt8](repeating: UInt8(ascii: "a"), count: size))
        }
    }

    private static let table = FeedTarget.TableKeys(hash: .init(name: "id", type: "S"), range: nil)

    @Test("They hold as many records as the service takes")
    func counts() {
        #expect(
            FeedTarget(kind: .stream, name: "s").calls(for: records(1_001)).map(\.count) == [500, 500, 1])
        #expect(
            FeedTarget(kind: .queue(url: "u"), name: "q").calls(for: records(25)).map(\.count) == [10, 10, 5])
        #expect(
            FeedTarget(kind: .table(Self.table), name: "t").calls(for: records(26)).map(\.count) == [25, 1])
    }

    @Test("They stay below the bytes that the service takes")
    func bytes() {
        let calls = FeedTarget(kind: .queue(url: "u"), name: "q").calls(for: records(4, size: 400_000))
        #expect(calls.map(\.count) == [2, 2])
    }

    @Test("No item stands in one call twice")
    func duplicates() {
        let calls = FeedTarget(kind: .table(Self.table), name: "t").calls(for: records(6, keys: 2))
        #expect(calls.map { $0.map(\.sequence) } == [[0, 1], [2, 3], [4, 5]])
    }

    @Test("Stream records go as base64 with their partition key")
    func stream() throws {
        let request = FeedTarget(kind: .stream, name: "clicks").request(records(1))
        #expect(request.target == "Kinesis_20131202.PutRecords")
        #expect(
            try JSONValue(parsing: request.body)
                == [
                    "StreamName": "clicks",
                    "Records": [["Data": "YWFhYWFhYWFhYQ==", "PartitionKey": "key-0"]],
                ])
    }

    @Test("A JSON record becomes an item with the key put in")
    func item() {
        let record = FeedRecord(
            sequence: 7, key: "key-1", isPoison: false,
            content: Array(#"{"n":1.50,"ok":true,"none":null,"list":["a",{"b":2}]}"#.utf8))
        let keys = FeedTarget.TableKeys(
            hash: .init(name: "id", type: "S"), range: .init(name: "at", type: "N"))
        let expected: JSONValue = [
            "n": ["N": "1.50"], "ok": ["BOOL": true], "none": ["NULL": true],
            "list": ["L": [["S": "a"], ["M": ["b": ["N": "2"]]]]], "id": ["S": "key-1"], "at": ["N": "7"],
        ]
        #expect(TableItem(record, keys: keys).attributes == expected)
    }

    @Test("Refusals are counted by code")
    func refusals() {
        let stream = FeedTarget(kind: .stream, name: "s")
        #expect(
            stream.refusals(in: ["Records": [["ErrorCode": "Slow"], ["SequenceNumber": "1"]]]) == ["Slow": 1])
        let queue = FeedTarget(kind: .queue(url: "u"), name: "q")
        #expect(queue.refusals(in: ["Failed": [["Code": "Bad"], ["Code": "Bad"]]]) == ["Bad": 2])
        let table = FeedTarget(kind: .table(Self.table), name: "t")
        #expect(
            table.refusals(in: ["UnprocessedItems": ["t": [["PutRequest": [:]]]]]) == ["UnprocessedItems": 1])
        #expect(table.refusals(in: ["UnprocessedItems": [:]]) == [:])
    }

    @Test("What is not text goes to streams only")
    func text() {
        let record = FeedRecord(sequence: 0, key: "k", isPoison: false, content: [0xFF, 0xFE])
        #expect(FeedTarget(kind: .stream, name: "s").accepts(record))
        #expect(!FeedTarget(kind: .queue(url: "u"), name: "q").accepts(record))
    }
}
