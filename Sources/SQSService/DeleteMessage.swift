import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension SQSService {
    func deleteMessage(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.single(call.body)
        let queue = try queue(request.queueURL, call)
        let position = try position(of: request.entries[0].handle, in: queue)
        delete([position], from: queue.key, call) { call.succeed() }
    }

    func deleteMessageBatch(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.batch(call.body, entryName: "DeleteMessageBatchRequestEntry")
        let queue = try queue(request.queueURL, call)
        var positions: [Position] = []
        var succeeded: [Range<Int>] = []
        var failed: [(id: Range<Int>, error: AWSError)] = []
        for entry in request.entries {
            do throws(AWSError) {
                positions.append(try position(of: entry.handle, in: queue))
                succeeded.append(entry.id)
            } catch {
                failed.append((entry.id, error))
            }
        }
        var json = JSONWriter(capacity: 64 + request.entries.count * 24)
        json.batchResult(succeeded: succeeded, failed: failed, in: request.arena)
        let answer = json.bytes
        guard !positions.isEmpty else { return call.succeed(json: answer) }
        delete(positions, from: queue.key, call) { call.succeed(json: answer) }
    }

    /// Deletes and answers once the deletion is committed.
    private func delete(
        _ positions: [Position], from queue: QueueKey, _ call: ServiceCall,
        then answer: @escaping @Sendable () -> Void
    ) {
        store.delete(positions, from: queue) { [loop] result in
            loop.execute {
                switch result {
                case .success: answer()
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }
}
