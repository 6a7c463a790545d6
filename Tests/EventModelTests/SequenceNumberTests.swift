import EventModel
import Testing

@Suite("Sequence numbers")
struct SequenceNumberTests {
    private static func shard(_ index: Int, createdAtSecond: Int64) -> ShardDefinition {
        ShardDefinition(
            key: ShardKey(rawValue: 1), index: index, id: "shardId",
            hashKeys: HashKeyRange(start: 0, end: .max),
            createdAt: Timestamp(millisecondsSinceEpoch: createdAtSecond * 1_000))
    }

    private static let table = StreamDefinition.Kind.table(
        TableKey(rawValue: 1), tableName: "T", view: .keysOnly, label: "L")

    @Test("A number recorded on AWS is written and read")
    func recorded() {
        let numbers = SequenceNumber(
            shard: Self.shard(6, createdAtSecond: 0x5_bf4e_5c2), kind: .kinesis(isOnDemand: false))
        let arrival = Timestamp(millisecondsSinceEpoch: 1_545_084_650_987)
        let text = "49590338271490256608559692538361571095921575989136588898"
        #expect(numbers.text(0x6764_8a17, arrival: arrival) == text)
        #expect(numbers.position(of: text) == 0x6764_8a17)
        #expect(SequenceNumber.shardIndex(of: text) == 6)
    }

    @Test(
        "Numbers of a Kinesis shard rise with the position and lead back to it", arguments: [0, 5, 16, 9_999])
    func kinesisOrder(index: Int) {
        let numbers = SequenceNumber(
            shard: Self.shard(index, createdAtSecond: 1_763_600_000), kind: .kinesis(isOnDemand: false))
        let positions: [Position] = [0, 1, 2, 9, 10, 65_536, 1 << 43, SequenceNumber.endPosition]
        let texts = positions.map {
            numbers.text($0, arrival: Timestamp(millisecondsSinceEpoch: 1_763_700_000_000))
        }
        #expect(texts.map { numbers.position(of: $0) } == positions)
        #expect(texts.allSatisfy { $0.count == 56 })
        #expect(texts == texts.sorted())
    }

    @Test("Numbers of a table's stream have 28 digits, rise, and lead back to the position")
    func tableOrder() {
        let numbers = SequenceNumber(shard: Self.shard(0, createdAtSecond: 1_763_600_000), kind: Self.table)
        let positions: [Position] = [0, 1, 10, 1 << 43, SequenceNumber.endPosition]
        let texts = positions.map { numbers.text($0, arrival: Timestamp(millisecondsSinceEpoch: 0)) }
        #expect(texts[1] == "1763600000000000000000000001")
        #expect(texts.map { numbers.position(of: $0) } == positions)
        #expect(texts == texts.sorted())
    }

    @Test(
        "What is no number of the shard has no position",
        arguments: [
            "", "x", "1", "-1", "49590338271490256608559692538361571095921575989136588898x", "999999999",
        ])
    func foreign(text: String) {
        let kinesis = SequenceNumber(
            shard: Self.shard(1, createdAtSecond: 1_763_600_000), kind: .kinesis(isOnDemand: false))
        let table = SequenceNumber(shard: Self.shard(1, createdAtSecond: 1_763_600_000), kind: Self.table)
        #expect(kinesis.position(of: text) == nil)
        #expect(table.position(of: text) == nil)
    }

    @Test("A number of another shard has no position, but tells that shard's index")
    func otherShard() {
        let arrival = Timestamp(millisecondsSinceEpoch: 1_763_700_000_000)
        let first = SequenceNumber(
            shard: Self.shard(1, createdAtSecond: 1_763_600_000), kind: .kinesis(isOnDemand: true))
        let second = SequenceNumber(
            shard: Self.shard(2, createdAtSecond: 1_763_600_000), kind: .kinesis(isOnDemand: true))
        let text = first.text(77, arrival: arrival)
        #expect(second.position(of: text) == nil)
        #expect(SequenceNumber.shardIndex(of: text) == 1)
    }
}

@Suite("Identities of messages")
struct MessageIdentityTests {
    @Test("A message ID is the text of a version 4 UUID, and another one for each row")
    func messageIDs() throws {
        let texts = (0..<1_000).map { MessageID(row: 1 << 44 | Int64($0), secret: 42).description }
        #expect(Set(texts).count == 1_000)
        let form = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        for text in texts {
            let match = try form.wholeMatch(in: text)
            #expect(match != nil)
        }
    }

    @Test("A receipt handle is read back from its text")
    func receipts() {
        for position: Position in [1, 2, 500, 1 << 43] {
            for serial: UInt32 in [1, 2, .max] {
                let handle = ReceiptHandle(
                    queue: QueueKey(rawValue: 7), position: position, serial: serial, secret: 99)
                #expect(ReceiptHandle(text: handle.text, secret: 99) == handle)
                #expect(ReceiptHandle(text: handle.text, secret: 98) == nil)
            }
        }
    }

    @Test("A receipt handle with any character changed is refused")
    func forged() {
        let text = ReceiptHandle(queue: QueueKey(rawValue: 7), position: 12, serial: 1, secret: 99).text
        #expect(text.count == 32)
        for index in text.indices {
            var forged = text
            forged.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(ReceiptHandle(text: forged, secret: 99) == nil)
        }
        for garbage in [
            "", "garbage", text + "A", String(text.dropLast()), String(repeating: "é", count: 16),
        ] {
            #expect(ReceiptHandle(text: garbage, secret: 99) == nil)
        }
    }
}
