import EventModel
import MappingEngine
import Testing

@Suite("Encoded records")
struct EncodedRecordsTests {
    /// Chunks of records whose JSON is their position: `1,2,3,`.
    private func records(_ chunks: [[Int]], width: Int = 0, lanes: Int = 1) -> EncodedRecords {
        var records = EncodedRecords()
        for chunk in chunks {
            var bytes: [UInt8] = []
            var entries: [EncodedRecords.Entry] = []
            for position in chunk {
                let start = bytes.count
                bytes += Array("\(position)".utf8) + Array(repeating: UInt8(ascii: " "), count: width)
                entries.append(
                    .init(
                        position: Position(position),
                        arrival: Timestamp(millisecondsSinceEpoch: Int64(position)),
                        start: start, end: bytes.count, lane: UInt8(position % lanes)))
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

    @Test("A lane's records leave out those of the others, copied or not", arguments: [0, 5_000])
    func lanes(width: Int) {
        let all = Array(1...12)
        let blank = String(repeating: " ", count: width)
        for cut in [0, 5, 12] {
            for lanes in 2...4 {
                let held = records([Array(all[..<cut]), Array(all[cut...])], width: width, lanes: lanes)
                for lane in 0..<lanes {
                    let mine = all.filter { $0 % lanes == lane }
                    for first in mine.indices {
                        for last in first..<mine.count {
                            let from = Position(mine[first])
                            let through = Position(mine[last])
                            let run = held.slices(from: from, through: through, lane: lane)
                            let expected = mine[first...last].map { "\($0)\(blank)" }
                            #expect(text(run) == expected.joined(separator: ","))
                            #expect(run.count == (width > 4_096 ? expected.count : 1))
                            #expect(
                                held.count(through: through, after: from - 1, lane: lane) == expected.count)
                        }
                    }
                }
            }
        }
    }

    @Test("Around positions that were filtered out, the next and the last record are found")
    func neighbours() {
        let all = [3, 4, 7, 8, 12, 20]
        for cut in 0...all.count {
            let held = records([Array(all[..<cut]), Array(all[cut...])])
            for position in 0...21 {
                #expect(
                    held.first(after: Position(position))?.position
                        == all.first { $0 > position }.map { Position($0) })
                #expect(
                    held.last(through: Position(position))?.position
                        == all.last { $0 <= position }.map { Position($0) })
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
