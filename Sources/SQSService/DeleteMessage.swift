import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension SQSService {
    func deleteMessage(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.single(call.body)
        let queue = try queue(request.queueURL, call)
        let handle = request.entries[0].handle
        let lease = try lease(of: handle, in: queue)
        if let refusal = try limit([lease], from: queue)[0] { throw refusal }
        delete([lease], from: queue.key, call) { refused in
            if refused.isEmpty { call.succeed() } else { call.fail(.expired(handle)) }
        }
    }

    func deleteMessageBatch(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.batch(call.body, entryName: "DeleteMessageBatchRequestEntry")
        let queue = try queue(request.queueURL, call)
        var leases: [Int: MessageLease] = [:]
        var failures: [Int: AWSError] = [:]
        for (index, entry) in request.entries.enumerated() {
            do throws(AWSError) {
                leases[index] = try lease(of: entry.handle, in: queue)
            } catch {
                failures[index] = error
            }
        }
        let places = leases.keys.sorted()
        for (place, refusal) in try limit(places.compactMap { leases[$0] }, from: queue) {
            leases[places[place]] = nil
            failures[places[place]] = refusal
        }
        let answer = DeleteBatchAnswer(entries: request.entries, arena: request.arena, failures: failures)
        guard !leases.isEmpty else { return call.succeed(json: answer.json()) }
        delete(leases.sorted { $0.key < $1.key }.map(\.value), from: queue.key, call) { [leases] refused in
            var answer = answer
            for (index, lease) in leases where refused.contains(lease) {
                answer.failures[index] = .expired(request.entries[index].handle)
            }
            call.succeed(json: answer.json())
        }
    }

    /// Deletes and answers once the deletion is committed, with the leases that were refused.
    private func delete(
        _ leases: [MessageLease], from queue: QueueKey, _ call: ServiceCall,
        then answer: @escaping @Sendable ([MessageLease]) -> Void
    ) {
        store.delete(leases, from: queue) { [loop] result in
            loop.execute {
                switch result {
                case .success(let refused): answer(refused)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }
}

/// What is needed to answer a `DeleteMessageBatch` once its messages are gone.
private struct DeleteBatchAnswer: Sendable {
    let entries: [ReceiptRequest.Entry]
    let arena: [UInt8]
    /// By place in `entries`.
    var failures: [Int: AWSError]

    func json() -> [UInt8] {
        var json = JSONWriter(capacity: 64 + entries.count * 24)
        json.batchResult(
            succeeded: entries.indices.filter { failures[$0] == nil }.map { entries[$0].id },
            failed: entries.indices.compactMap { index in failures[index].map { (entries[index].id, $0) } },
            in: arena)
        return json.bytes
    }
}
