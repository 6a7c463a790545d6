import EventModel
import MappingEngine
import Testing

@Suite("Encoded records")
struct EncodedRecordsTests {
    /// Chunks of records whose JSON is their position: `1,2,3,`.
    private func records(_ chunks: [[Int]]) -> EncodedRecords {
        var records = EncodedRecords()
        for chunk in chunks {
            var bytes: [UInt8] = []
            var entries: [EncodedRecords.Entry] = []
            for position in chunk {
                let start = bytes.count
                bytes += Array("\(position)".utf8)
                entries.append(
                    .init(
                        position: Position(position),
                        arrival: Timestamp(millisecondsSinceEpoch: Int64(position)),
                        start: start, end: bytes.count))
                bytes.append(UInt8(ascii: ","))
            }
            records.append(bytes: bytes, entries: entries)
        }
        return records
    }

    private func text(_ slices: [ArraySlice<UInt8>]) -> String {
        String(decoding: slices.joined(), as: UTF8.self)
    }

    @Test("Any run of neighbours is a slice, over the borders of fetches and gaps in positions")
    func runs() {
        let all = [3, 4, 7, 8, 12, 20]
        for cut in 0...all.count {
            let held = records([Array(all[..<cut]), Array(all[cut...])])
            for first in all.indices {
                for last in first..<all.count {
                    let expected = all[first...last].map(String.init).joined(separator: ",")
                    let run = held.slices(from: Position(all[first]), through: Position(all[last]))
                    #expect(text(run) == expected)
                    #expect(
                        held.count(through: Position(all[last]), after: Position(all[first]) - 1) == last
                            - first + 1)
                }
            }
        }
    }

    @Test("What is released chunk by chunk is gone, the rest stays whole")
    func release() {
        var held = records([[1, 2], [3, 4], [5]])
        held.release(through: 3)
        #expect(text(held.slices(from: 3, through: 5)) == "3,4,5")
        held.release(through: 4)
        #expect(held.arrival(of: 4) == nil)
        #expect(held.arrival(of: 5) == Timestamp(millisecondsSinceEpoch: 5))
        held.release(through: 5)
        #expect(held.isEmpty)
    }
}
