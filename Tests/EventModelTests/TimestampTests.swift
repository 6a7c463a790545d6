import EventModel
import Testing

@Suite("A moment of wall time")
struct TimestampTests {
    @Test(
        "It is written as AWS writes it",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_573_691_886_021, "2019-11-14T00:38:06.021Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func text(milliseconds: Int64, text: String) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).iso8601Milliseconds == text)
    }

    @Test("Differences are lengths of time")
    func arithmetic() {
        let start = Timestamp(millisecondsSinceEpoch: 1_000)
        #expect((start + .seconds(2)) - start == .seconds(2))
        #expect((start - .milliseconds(1)).millisecondsSinceEpoch == 999)
    }
}

@Suite("The key space of a stream")
struct HashKeyRangeTests {
    @Test("It is covered without gap or overlap", arguments: [1, 2, 3, 4, 7, 100, 1_000])
    func even(count: Int) {
        let ranges = HashKeyRange.even(count: count)
        #expect(ranges.count == count)
        #expect(ranges.first?.start == 0)
        #expect(ranges.last?.end == UInt128.max)
        for (left, right) in zip(ranges, ranges.dropFirst()) { #expect(left.end + 1 == right.start) }
    }

    @Test("Four shards have the ranges that AWS gives them")
    func four() {
        #expect(HashKeyRange.even(count: 4)[1].start == 85_070_591_730_234_615_865_843_651_857_942_052_864)
    }
}
