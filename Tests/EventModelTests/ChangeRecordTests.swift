import EventModel
import Testing

@Suite("A change record")
struct ChangeRecordTests {
    @Test(
        "Its header is read back from what is stored",
        arguments: [
            ChangeRecord.Header(eventName: .insert, sizeBytes: 0),
            ChangeRecord.Header(eventName: .modify, sizeBytes: 819_201),
            ChangeRecord.Header(eventName: .remove, sizeBytes: 12, isExpiry: true),
        ])
    func header(header: ChangeRecord.Header) {
        let images = Array(#""Keys":{"id":{"S":"a"}}"#.utf8)
        let stored = ChangeRecord(header: header, images: images).stored
        #expect(ChangeRecord.Header(stored.span) == header)
        #expect(Array(stored[ChangeRecord.Header.byteCount...]) == images)
    }

    @Test(
        "Other bytes are no record", arguments: [[UInt8]](arrayLiteral: [], [9, 0, 0, 0, 0, 0], [1, 0, 0]))
    func refused(bytes: [UInt8]) {
        #expect(ChangeRecord.Header(bytes.span) == nil)
    }

    @Test("Its event ID follows from its place")
    func eventID() {
        var texts: Set<[UInt8]> = []
        for shard in 1...20 as ClosedRange<Int64> {
            for position in 1...50 as ClosedRange<Int64> {
                var text: [UInt8] = []
                ChangeRecord.appendEventID(
                    shard: ShardKey(rawValue: shard), position: position, to: &text)
                #expect(text.count == 32)
                texts.insert(text)
            }
        }
        #expect(texts.count == 1_000)
    }
}
