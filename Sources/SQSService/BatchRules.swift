import AWSWire
import ByteCoding
import Digest
import EventModel

/// What all batch requests have in common.
enum BatchRules {
    /// Checks the entries' number and their ids.
    ///
    /// - Parameter ids: Ranges of `arena`, one for each entry.
    static func check(ids: [Range<Int>], in arena: [UInt8], entryName: String) throws(AWSError) {
        guard !ids.isEmpty else { throw .emptyBatch(entryName) }
        guard ids.count <= SQSLimits.batchEntries else { throw .tooManyEntries(ids.count) }
        for (index, id) in ids.enumerated() {
            guard !id.isEmpty, id.count <= SQSLimits.entryIDBytes, arena[id].allSatisfy(QueueName.isLetter)
            else {
                throw .invalidEntryID
            }
            // Ten entries at most: comparing each with those before it beats a set of strings.
            for earlier in ids[..<index] where arena[earlier] == arena[id] {
                throw .repeatedID(String(decoding: arena[id], as: UTF8.self))
            }
        }
    }
}

extension JSONWriter {
    /// The member `Failed`, left out when nothing failed.
    mutating func batchFailures(_ failures: [(id: Range<Int>, error: AWSError)], in arena: [UInt8]) {
        guard !failures.isEmpty else { return }
        key("Failed")
        beginArray()
        for failure in failures {
            beginObject()
            key("Id")
            string(escaping: arena.span.extracting(failure.id))
            key("Code")
            value(failure.error.code)
            key("Message")
            value(failure.error.message)
            key("SenderFault")
            value(failure.error.isSenderFault)
            endObject()
        }
        endArray()
    }

    mutating func digest(_ value: UInt128) {
        raw("\"")
        MD5Digest(value: value).appendHex(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func messageID(_ id: MessageID) {
        raw("\"")
        id.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func sequenceNumber(_ number: MessageSequenceNumber) {
        raw("\"")
        number.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func receiptHandle(_ handle: ReceiptHandle) {
        raw("\"")
        handle.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}
