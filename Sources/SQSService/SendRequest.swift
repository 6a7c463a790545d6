import AWSWire
import ByteCoding
import Digest
import EventModel

/// A `SendMessage` or `SendMessageBatch` request: one arena with every byte that is kept, and ranges of it.
struct SendRequest {
    /// One message as the request gives it; ranges are of the arena, empty for what is absent.
    struct Entry {
        var id: Range<Int> = 0..<0
        var body: Range<Int> = 0..<0
        var attributes = StoredAttributes()
        var systemAttributesMD5: UInt128 = 0
        var traceHeader: Range<Int> = 0..<0
        var groupID: Range<Int> = 0..<0
        var deduplicationID: Range<Int> = 0..<0
        var delaySeconds: Int?
        /// What is wrong with this message; in a batch the others are sent all the same.
        var problem: AWSError?

        /// What counts against the limits of message and batch: body, names, types and values of attributes.
        var size: Int { body.count + attributes.size }
    }

    var queueURL = ""
    var arena: [UInt8] = []
    var entries: [Entry] = []
}

// MARK: - Parsing

extension SendRequest {
    static func single(_ body: [UInt8], _ hasher: MD5Hasher) throws(AWSError) -> SendRequest {
        var request = SendRequest()
        request.arena.reserveCapacity(body.count)
        do throws(WireProblem) {
            var json = JSONReader(body)
            var entry = Entry()
            try json.object { name, json throws(WireProblem) in
                if name == "QueueUrl" {
                    request.queueURL = try json.text()
                } else {
                    try request.readMember(name, of: &entry, &json, hasher)
                }
            }
            request.entries.append(entry)
        } catch {
            throw error.wireError
        }
        return request
    }

    static func batch(_ body: [UInt8], _ hasher: MD5Hasher) throws(AWSError) -> SendRequest {
        var request = SendRequest()
        request.arena.reserveCapacity(body.count)
        request.entries.reserveCapacity(SQSLimits.batchEntries)
        do throws(WireProblem) {
            var json = JSONReader(body)
            try json.object { name, json throws(WireProblem) in
                switch name {
                case "QueueUrl": request.queueURL = try json.text()
                case "Entries": try request.readEntries(&json, hasher)
                default: try json.skip()
                }
            }
        } catch {
            throw error.wireError
        }
        return request
    }

    private mutating func readEntries(_ json: inout JSONReader, _ hasher: MD5Hasher) throws(WireProblem) {
        try json.array { json throws(WireProblem) in
            var entry = Entry()
            try json.members { name, json throws(WireProblem) in
                if name == "Id" {
                    entry.id = try json.textBytes(into: &arena)
                } else {
                    try readMember(name, of: &entry, &json, hasher)
                }
            }
            entries.append(entry)
        }
    }

    private mutating func readMember(
        _ name: String, of entry: inout Entry, _ json: inout JSONReader, _ hasher: MD5Hasher
    ) throws(WireProblem) {
        switch name {
        case "MessageBody": entry.body = try json.textBytes(into: &arena)
        case "DelaySeconds": entry.delaySeconds = try json.wholeNumber()
        case "MessageGroupId": entry.groupID = try json.textBytes(into: &arena)
        case "MessageDeduplicationId": entry.deduplicationID = try json.textBytes(into: &arena)
        case "MessageAttributes":
            let set = try MessageAttributeSet(&json)
            if let problem = set.problem() {
                entry.problem = problem
            } else {
                entry.attributes = set.store(into: &arena, hasher)
            }
        case "MessageSystemAttributes":
            let set = try MessageAttributeSet(&json)
            entry.problem = set.systemProblem() ?? entry.problem
            entry.systemAttributesMD5 = set.isEmpty ? 0 : set.digest(hasher)
            entry.traceHeader = set.copyValue(of: "AWSTraceHeader", into: &arena)
        default: try json.skip()
        }
    }
}

// MARK: - Checks

extension SendRequest {
    /// Finds what is wrong with one message on its own; the queue's size limit included.
    ///
    /// - Parameter inBatch: A batch words the size limit in its own way.
    mutating func check(_ index: Int, of queue: QueueDefinition, inBatch: Bool) {
        guard entries[index].problem == nil else { return }
        entries[index].problem =
            problem(of: entries[index], limit: queue.attributes.maximumMessageBytes, inBatch: inBatch)
            ?? (queue.isFIFO ? groupedProblem(of: entries[index]) : ungroupedProblem(of: entries[index]))
    }

    private func problem(of entry: Entry, limit: Int, inBatch: Bool) -> AWSError? {
        guard !entry.body.isEmpty else { return .missing("MessageBody") }
        guard entry.size <= limit else {
            return inBatch
                ? .invalidParameter(
                    "One or more parameters cannot be validated. Reason: Message must be shorter than \(limit) bytes."
                )
                : .tooLong(limit)
        }
        guard UTF8Text.isAllowedInMessages(arena.span.extracting(entry.body)) else { return .invalidContents }
        guard isIdentifier(entry.groupID) else { return .identifier(text(entry.groupID), "MessageGroupId") }
        return nil
    }

    /// The rules of standard queues, which have no deduplication.
    private func ungroupedProblem(of entry: Entry) -> AWSError? {
        if let delay = entry.delaySeconds, !(0...SQSLimits.delaySeconds).contains(delay) {
            return .parameter("\(delay)", "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        }
        guard entry.deduplicationID.isEmpty else {
            return .foreignParameter(text(entry.deduplicationID), "MessageDeduplicationId")
        }
        return nil
    }

    /// The rules of FIFO queues; that there is a group and a deduplication ID was checked before, for all messages.
    private func groupedProblem(of entry: Entry) -> AWSError? {
        guard isIdentifier(entry.deduplicationID) else {
            return .identifier(text(entry.deduplicationID), "MessageDeduplicationId")
        }
        // 0 stands for the queue's own delay (recorded on AWS).
        if let delay = entry.delaySeconds, delay != 0 { return .foreignParameter("\(delay)", "DelaySeconds") }
        return nil
    }

    /// Makes every message of a request to a FIFO queue one of a group and with a deduplication ID; a message that cannot
    /// be made so fails the whole request.
    mutating func group(for queue: QueueDefinition, inBatch: Bool) throws(AWSError) {
        guard let fifo = queue.attributes.fifo else { return }
        for index in entries.indices {
            guard !entries[index].groupID.isEmpty else {
                throw inBatch
                    ? .invalidParameter("The request must contain the parameter MessageGroupId.")
                    : .missing("MessageGroupId")
            }
            guard entries[index].deduplicationID.isEmpty else { continue }
            guard fifo.contentBasedDeduplication else { throw .noDeduplicationID }
            let digest = SHA256.hash(Array(arena[entries[index].body]))
            let start = arena.count
            arena.append(contentsOf: Hex.encode(digest).utf8)
            entries[index].deduplicationID = start..<arena.count
        }
    }

    private func isIdentifier(_ range: Range<Int>) -> Bool { Identifier.isAllowed(arena[range]) }

    func text(_ range: Range<Int>) -> String { String(decoding: arena[range], as: UTF8.self) }

    /// The messages without a problem, ready for the store, and where in `entries` each of them stands.
    func accepted(_ hasher: MD5Hasher) -> (batch: MessageBatch, indices: [Int]) {
        var batch = MessageBatch(bytes: arena)
        var indices: [Int] = []
        batch.entries.reserveCapacity(entries.count)
        indices.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() where entry.problem == nil {
            batch.entries.append(
                MessageBatch.Entry(
                    body: entry.body, bodyMD5: hasher.hash(arena.span.extracting(entry.body)).value,
                    attributes: entry.attributes.range, attributesMD5: entry.attributes.md5,
                    traceHeader: entry.traceHeader, groupID: entry.groupID,
                    deduplicationID: entry.deduplicationID, delaySeconds: entry.delaySeconds))
            indices.append(index)
        }
        return (batch, indices)
    }
}

/// What message groups, deduplication IDs and receive attempts may look like.
enum Identifier {
    /// Alphanumerics and punctuation, the visible characters of ASCII; an empty one is one that was not given.
    static func isAllowed(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count <= SQSLimits.identifierBytes
            && bytes.allSatisfy { (UInt8(ascii: "!")...UInt8(ascii: "~")).contains($0) }
    }
}
