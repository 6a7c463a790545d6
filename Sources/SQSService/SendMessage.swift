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
        try request.group(for: queue, inBatch: false)
        request.check(0, of: queue, inBatch: false)
        if let problem = request.entries[0].problem { throw problem }
        try limit(&request, to: queue)
        if let problem = request.entries[0].problem { throw problem }
        let batch = request.accepted(hasher).batch
        let systemMD5 = request.entries[0].systemAttributesMD5
        send(batch, to: queue, call) { sent in
            var json = JSONWriter(capacity: 256)
            json.beginObject()
            json.members(of: sent[0], batch.entries[0], systemMD5: systemMD5, isFIFO: queue.isFIFO)
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
        try request.group(for: queue, inBatch: true)
        let bytes = request.entries.reduce(0) { $0 + $1.size }
        guard bytes <= SQSLimits.batchBytes else { throw .batchTooLong(bytes) }
        for index in request.entries.indices {
            guard !request.entries[index].body.isEmpty || request.entries[index].problem != nil else {
                throw .missing("SendMessageBatchRequestEntry.\(index + 1).MessageBody")
            }
            request.check(index, of: queue, inBatch: true)
        }
        try limit(&request, to: queue)
        let (batch, indices) = request.accepted(hasher)
        let answer = SendBatchAnswer(request: request, batch: batch, indices: indices, isFIFO: queue.isFIFO)
        guard !batch.entries.isEmpty else { return call.succeed(json: answer.json(sent: [])) }
        send(batch, to: queue, call) { sent in call.succeed(json: answer.json(sent: sent)) }
    }

    private func send(
        _ batch: MessageBatch, to queue: QueueDefinition, _ call: ServiceCall,
        then answer: @escaping @Sendable ([SentMessage]) -> Void
    ) {
        let key = queue.key
        submit(call) { writer throws(StoreError) -> Result<[SentMessage], AWSError> in
            do throws(StoreError) {
                return .success(try writer.send(batch, to: key))
            } catch {
                // Too many deduplication IDs of the last minutes; it has not written then.
                guard case .limit(let reason) = error else { throw error }
                return .failure(.throttled(reason))
            }
        } then: { result in
            switch result {
            case .success(let sent): answer(sent)
            case .failure(let error): call.fail(error)
            }
        }
    }
}

/// What is needed to answer a `SendMessageBatch` once its messages are stored.
private struct SendBatchAnswer: Sendable {
    private let request: SendRequest
    private let batch: MessageBatch
    private let indices: [Int]
    private let isFIFO: Bool

    init(request: SendRequest, batch: MessageBatch, indices: [Int], isFIFO: Bool) {
        self.request = request
        self.batch = batch
        self.indices = indices
        self.isFIFO = isFIFO
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
                    systemMD5: request.entries[index].systemAttributesMD5, isFIFO: isFIFO)
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
        of sent: SentMessage, _ entry: MessageBatch.Entry, systemMD5: UInt128, isFIFO: Bool
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
        if isFIFO {
            key("SequenceNumber")
            sequenceNumber(sent.sequenceNumber)
        }
    }
}
