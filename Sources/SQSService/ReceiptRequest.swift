import AWSWire
import ByteCoding
import EventModel
import EventStore

/// A request that names messages by receipt handle: deleting and changing visibility, one or many.
struct ReceiptRequest: Sendable {
    struct Entry: Sendable {
        var id: Range<Int> = 0..<0
        var handle = ""
        var visibilitySeconds: Int?
    }

    var queueURL = ""
    var arena: [UInt8] = []
    var entries: [Entry] = []

    static func single(_ body: [UInt8]) throws(AWSError) -> ReceiptRequest {
        var request = ReceiptRequest()
        var entry = Entry()
        do throws(WireProblem) {
            var json = JSONReader(body)
            try json.object { name, json throws(WireProblem) in
                if name == "QueueUrl" {
                    request.queueURL = try json.text()
                } else {
                    try request.readMember(name, of: &entry, &json)
                }
            }
        } catch {
            throw error.wireError
        }
        guard !entry.handle.isEmpty else { throw .missing("ReceiptHandle") }
        request.entries.append(entry)
        return request
    }

    /// - Parameter entryName: What the error for an empty batch calls an entry.
    static func batch(_ body: [UInt8], entryName: String) throws(AWSError) -> ReceiptRequest {
        var request = ReceiptRequest()
        do throws(WireProblem) {
            var json = JSONReader(body)
            try json.object { name, json throws(WireProblem) in
                switch name {
                case "QueueUrl": request.queueURL = try json.text()
                case "Entries": try request.readEntries(&json)
                default: try json.skip()
                }
            }
        } catch {
            throw error.wireError
        }
        try BatchRules.check(ids: request.entries.map(\.id), in: request.arena, entryName: entryName)
        return request
    }

    private mutating func readEntries(_ json: inout JSONReader) throws(WireProblem) {
        try json.array { json throws(WireProblem) in
            var entry = Entry()
            try json.members { name, json throws(WireProblem) in
                if name == "Id" {
                    entry.id = try json.textBytes(into: &arena)
                } else {
                    try readMember(name, of: &entry, &json)
                }
            }
            entries.append(entry)
        }
    }

    private func readMember(
        _ name: String, of entry: inout Entry, _ json: inout JSONReader
    ) throws(WireProblem) {
        switch name {
        case "ReceiptHandle": entry.handle = try json.text()
        case "VisibilityTimeout": entry.visibilitySeconds = try json.wholeNumber()
        default: try json.skip()
        }
    }
}

extension SQSService {
    /// The receive that a handle stands for.
    func lease(of handle: String, in queue: QueueDefinition) throws(AWSError) -> MessageLease {
        guard let receipt = store.receipt(handle), receipt.queue == queue.key else {
            throw .receiptHandle(handle)
        }
        return receipt.lease
    }
}

extension JSONWriter {
    /// The whole answer of a batch whose entries have no result of their own.
    mutating func batchResult(
        succeeded: [Range<Int>], failed: [(id: Range<Int>, error: AWSError)], in arena: [UInt8]
    ) {
        beginObject()
        if !succeeded.isEmpty {
            key("Successful")
            beginArray()
            for id in succeeded {
                beginObject()
                key("Id")
                string(escaping: arena.span.extracting(id))
                endObject()
            }
            endArray()
        }
        batchFailures(failed, in: arena)
        endObject()
    }
}
