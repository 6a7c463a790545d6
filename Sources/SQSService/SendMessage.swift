import AWSWire
import ByteCoding
import Digest
import EventModel
import EventStore
import HTTP

extension SQSService {
    func sendMessage(_ call: ServiceCall) throws(AWSError) {
        var request = try SendRequest.single(call.body, hasher)
        let queue = try queue(request.queueURL, call)
        request.addTraceHeader(of: call, hasher)
        request.check(0, limit: queue.attributes.maximumMessageBytes, inBatch: false)
        if let problem = request.entries[0].problem { throw problem }
        let batch = request.accepted(hasher).batch
        let systemMD5 = request.entries[0].systemAttributesMD5
        let key = queue.key
        submit(call) { writer throws(StoreError) in
            try writer.send(batch, to: key)
        } then: { sent in
            var json = JSONWriter(capacity: 256)
            json.beginObject()
            json.members(of: sent[0], batch.entries[0], systemMD5: systemMD5)
            json.endObject()
            call.succeed(json: json.bytes)
        }
    }

    func sendMessageBatch(_ call: ServiceCall) throws(AWSError) {
        var request = try SendRequest.batch(call.body, hasher)
        let queue = try queue(request.queueURL, call)
        try BatchRules.check(
            ids: request.entries.map(\.id), in: request.arena, entryName: "SendMessageBatchRequestEntry")
        request.addTraceHeader(of: call, hasher)
        let bytes = request.entries.reduce(0) { $0 + $1.size }
        guard bytes <= SQSLimits.batchBytes else { throw .batchTooLong(bytes) }
        for index in request.entries.indices {
            guard !request.entries[index].body.isEmpty || request.entries[index].problem != nil else {
                throw .missing("SendMessageBatchRequestEntry.\(index + 1).MessageBody")
            }
            request.check(index, limit: queue.attributes.maximumMessageBytes, inBatch: true)
        }
        let (batch, indices) = request.accepted(hasher)
        let answer = SendBatchAnswer(request: request, batch: batch, indices: indices)
        guard !batch.entries.isEmpty else { return call.succeed(json: answer.json(sent: [])) }
        let key = queue.key
        submit(call) { writer throws(StoreError) in
            try writer.send(batch, to: key)
        } then: { sent in
            call.succeed(json: answer.json(sent: sent))
        }
    }
}

/// What is needed to answer a `SendMessageBatch` once its messages are stored.
private struct SendBatchAnswer: Sendable {
    private let request: SendRequest
    private let batch: MessageBatch
    private let indices: [Int]

    init(request: SendRequest, batch: MessageBatch, indices: [Int]) {
        self.request = request
        self.batch = batch
        self.indices = indices
    }

    /// - Parameter sent: One for each message that had no problem.
    func json(sent: [SentMessage]) -> [UInt8] {
        var json = JSONWriter(capacity: 64 + request.entries.count * 220)
        json.beginObject()
        if !sent.isEmpty {
            json.key("Successful")
            json.beginArray()
            for (position, index) in indices.enumerated() {
                json.beginObject()
                json.key("Id")
                json.string(escaping: request.arena.span.extracting(request.entries[index].id))
                json.members(
                    of: sent[position], batch.entries[position],
                    systemMD5: request.entries[index].systemAttributesMD5)
                json.endObject()
            }
            json.endArray()
        }
        let failed = request.entries.compactMap { entry in entry.problem.map { (entry.id, $0) } }
        json.batchFailures(failed, in: request.arena)
        json.endObject()
        return json.bytes
    }
}

extension SendRequest {
    /// A tracing header on the request stands in for the system attribute where a message brings none (recorded on AWS).
    mutating func addTraceHeader(of call: ServiceCall, _ hasher: MD5Hasher) {
        guard let trace = call.request.headers["x-amzn-trace-id"], !trace.isEmpty else { return }
        let start = arena.count
        arena.append(contentsOf: trace.utf8)
        for index in entries.indices where entries[index].traceHeader.isEmpty {
            entries[index].traceHeader = start..<arena.count
        }
    }
}

extension JSONWriter {
    /// Message ID and digests, as single sends and batches answer them.
    fileprivate mutating func members(
        of sent: SentMessage, _ entry: MessageBatch.Entry, systemMD5: UInt128
    ) {
        key("MessageId")
        messageID(sent.messageID)
        key("MD5OfMessageBody")
        digest(entry.bodyMD5)
        if !entry.attributes.isEmpty {
            key("MD5OfMessageAttributes")
            digest(entry.attributesMD5)
        }
        if systemMD5 != 0 {
            key("MD5OfMessageSystemAttributes")
            digest(systemMD5)
        }
    }
}
