import AWSWire
import ByteCoding
import EventModel
import EventStore

extension SQSService {
    func changeMessageVisibility(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.single(call.body)
        let queue = try queue(request.queueURL, call)
        guard request.entries[0].visibilitySeconds != nil else { throw .missing("VisibilityTimeout") }
        try changeVisibility(request.entries[0], in: queue)
        call.succeed()
    }

    func changeMessageVisibilityBatch(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiptRequest.batch(
            call.body, entryName: "ChangeMessageVisibilityBatchRequestEntry")
        let queue = try queue(request.queueURL, call)
        var succeeded: [Range<Int>] = []
        var failed: [(id: Range<Int>, error: AWSError)] = []
        for entry in request.entries {
            do throws(AWSError) {
                try changeVisibility(entry, in: queue)
                succeeded.append(entry.id)
            } catch {
                failed.append((entry.id, error))
            }
        }
        var json = JSONWriter(capacity: 64 + request.entries.count * 24)
        json.batchResult(succeeded: succeeded, failed: failed, in: request.arena)
        call.succeed(json: json.bytes)
    }

    private func changeVisibility(
        _ entry: ReceiptRequest.Entry, in queue: QueueDefinition
    ) throws(AWSError) {
        guard let seconds = entry.visibilitySeconds else { throw .missing("VisibilityTimeout") }
        try VisibilityRules.check(seconds)
        let lease = try lease(of: entry.handle, in: queue)
        let change: VisibilityChange
        do throws(StoreError) {
            change = try reader.changeVisibility(of: lease, in: queue.key, seconds: seconds, now: now())
        } catch {
            throw error.wireError
        }
        switch change {
        case .changed: return
        case .notInFlight: throw .notInFlight(entry.handle)
        case .expired: throw .expired(entry.handle)
        case .beyondLimit:
            throw .parameter(
                "\(seconds)", "VisibilityTimeout",
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
        }
    }
}
