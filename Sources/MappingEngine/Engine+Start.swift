import EventModel
import EventStore
import HTTP
import RuntimeAPI
import Telemetry

// MARK: - Starting

extension Engine {
    func start(_ mapping: EventSourceMapping, _ snapshot: CatalogSnapshot) {
        if mapping.source.service == "sqs" {
            guard let queue = snapshot.queue(mapping.source) else {
                return hold(mapping, "the queue to exist")
            }
            let runner = makeRunner(mapping)
            runner.start(queue: queue, function: function(of: mapping))
            if let poller = runner.queuePoller { queuePollers[queue.key, default: []].append(poller) }
            if mapping.state != .enabled { settle(mapping, .enabled) }
        } else {
            guard let stream = snapshot.stream(read: mapping.source) else {
                let isConsumer = ConsumerReference(mapping.source) != nil
                return hold(mapping, "the stream \(isConsumer ? "consumer " : "")to exist")
            }
            follow(stream, makeRunner(mapping))
        }
    }

    /// What the mapping invokes; `nil` while it is not there.
    func function(of mapping: EventSourceMapping) -> FunctionDefinition? {
        functions[mapping.functionKey]?.definition(qualifier: mapping.functionQualifier)
    }

    private func hold(_ mapping: EventSourceMapping, _ obstacle: String) {
        obstacles[mapping.id] = obstacle
        if mapping.state != .enabled { settle(mapping, .enabled) }
    }

    private func makeRunner(_ mapping: EventSourceMapping) -> MappingRunner {
        obstacles[mapping.id] = nil
        let id = mapping.id
        let runner = MappingRunner(context: context, mapping: mapping) { [weak self] result in
            self?.keepResult(id, result)
        } onActivity: { [weak self] poller in
            self?.noteActivity(of: poller)
        }
        runners[id] = runner
        return runner
    }

    /// Notes a mapping's last result; stored soon and together with others', because each change of a definition makes
    /// the engine look at all of them.
    private func keepResult(_ id: String, _ result: String) {
        results[id] = result
        guard resultTimer == nil else { return }
        resultTimer = context.loop.schedule(after: EngineLimits.resultDelay) { [weak self] in
            self?.storeResults()
        }
    }

    func storeResults() {
        if let resultTimer { context.loop.cancel(resultTimer) }
        resultTimer = nil
        guard !results.isEmpty else { return }
        let taken = results
        results = [:]
        let logger = context.logger
        context.store.submit { writer throws(StoreError) in
            for (id, result) in taken {
                guard var stored = writer.catalog.mapping(id), stored.lastProcessingResult != result else {
                    continue
                }
                stored.lastProcessingResult = result
                try writer.updateMapping(stored)
            }
        } completion: { stored in
            if case .failure(let error) = stored {
                logger.log(.error, "last results not stored", ["error": .string("\(error)")])
            }
        }
    }
}
