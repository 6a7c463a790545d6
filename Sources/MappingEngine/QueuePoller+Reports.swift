import Digest
import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// MARK: - Ends of invocations

extension QueuePoller {
    /// The function's answer to a slot's messages, kept until they are deleted.
    struct Answer {
        let requestID: String
        let payload: [UInt8]
        /// Of the slot's messages, those that were sent.
        let messages: Range<Int>
    }

    /// Before the machine says which messages go: the answer that a report on them quotes.
    func noteAnswer(_ slot: Int, _ plan: QueueInvocationPlan, _ result: InvocationResult) {
        guard runner.mapping.settings.onSuccessDestination != nil,
            case .success(let payload) = result.outcome
        else { return }
        slots[slot].answer = Answer(
            requestID: slots[slot].request.id, payload: payload, messages: plan.messages)
    }

    /// Notes for the store which messages the function failed with, and reports those whose last receive this was.
    func noteFailure(
        _ slot: Int, _ plan: QueueInvocationPlan, _ outcome: InvocationOutcome, _ result: InvocationResult
    ) {
        let failed: [Int]
        switch outcome {
        case .failed: failed = Array(plan.messages)
        case .partiallyFailed(let indices): failed = indices.map { $0 + plan.messages.lowerBound }
        case .succeeded, .notReached: return
        }
        let held = slots[slot]
        var settlement = QueueSettlement(mappingID: runner.mapping.id, queue: queue.key)
        settlement.executed = failed.map { held.leases[$0].position }
        if let redrive = effectiveRedrive {
            let givenUp = failed.filter { held.leases[$0].receiveCount >= redrive.maxReceiveCount }
            if !givenUp.isEmpty { giveUp(givenUp, of: slot, redrive, result, &settlement) }
        }
        commit(settlement)
    }

    /// The redrive policy if its dead-letter queue is there: without it a message goes on being received.
    private var effectiveRedrive: RedrivePolicy? {
        let catalog = context.store.catalog.snapshot
        guard let redrive = catalog.queue(queue.key)?.attributes.redrive,
            catalog.queue(redrive.deadLetterTarget) != nil
        else { return nil }
        return redrive
    }

    private func giveUp(
        _ messages: [Int], of slot: Int, _ redrive: RedrivePolicy, _ result: InvocationResult,
        _ settlement: inout QueueSettlement
    ) {
        let destination = runner.mapping.settings.onFailureDestination
        let told = destination.map { ", reported to \($0)" } ?? ""
        let id = slots[slot].request.id
        let why = lastError.map { " (\($0))" } ?? ""
        settlement.decisions.append(
            Decision(
                mappingID: runner.mapping.id, at: context.now(), kind: "givenUp",
                recordCount: messages.count, requestID: id,
                detail: "\(messages.count) message(s) failed in their last receive of "
                    + "\(redrive.maxReceiveCount)\(why); next they go to \(redrive.deadLetterTarget.resource)\(told)"
            ))
        guard let destination else { return }
        let payload: [UInt8]
        let context: ResponseContext
        switch result.outcome {
        case .functionError(let error, _): (payload, context) = (error, .unhandled)
        case .success(let answer): (payload, context) = (answer, .noFunctionError)
        case .throttled, .unavailable:
            preconditionFailure("a function that was not reached failed with nothing")
        }
        settlement.reports.append(
            report(
                messages, of: slot, .maxReceiveCountExceeded, requestID: id, context, payload,
                to: destination))
    }

    /// Deletes messages that the function succeeded with, and tells who wants to know.
    func settle(_ slot: Int, _ selection: MessageSelection) {
        let messages = indices(slot, selection)
        let leases = messages.map { slots[slot].leases[$0] }
        if let last = messages.last {
            lag.batchCompleted(lastArrival: slots[slot].sentAt[last], now: context.now())
        }
        guard let destination = runner.mapping.settings.onSuccessDestination,
            let answer = slots[slot].answer, messages.allSatisfy(answer.messages.contains)
        else { return delete(leases) }
        slots[slot].answer = nil
        let report = report(
            messages, of: slot, .success, requestID: answer.requestID, .succeeded, answer.payload,
            to: destination)
        commit(
            QueueSettlement(
                mappingID: runner.mapping.id, queue: queue.key, done: leases, reports: [report]))
    }

    private func indices(_ slot: Int, _ selection: MessageSelection) -> [Int] {
        switch selection {
        case .range(let range): Array(range)
        case .some(let indices): indices
        }
    }
}

// MARK: - Reports

extension QueuePoller {
    private func report(
        _ messages: [Int], of slot: Int, _ condition: QueueInvocationRecord.Condition, requestID: String,
        _ response: ResponseContext, _ payload: [UInt8], to destination: ARN
    ) -> DestinationReport {
        let held = slots[slot]
        guard let first = messages.first, let last = messages.last else {
            preconditionFailure("reports are about messages")
        }
        var record = QueueInvocationRecord(
            requestID: requestID, functionARN: runner.mapping.functionARN.description, condition: condition,
            approximateInvokeCount: messages.reduce(1) { max($0, held.leases[$1].receiveCount) },
            responseContext: response, timestamp: context.now(),
            queueARN: runner.mapping.source.description,
            firstMessageID: held.messageIDs[first].description,
            lastMessageID: held.messageIDs[last].description, firstSent: held.sentAt[first],
            lastSent: held.sentAt[last], size: messages.count, responsePayload: payload)
        let body = record.bytes(event: event(of: messages, in: slot))
        if payload.count > EngineLimits.shortReportAnswer { record.responsePayload = nil }
        let short = record.bytes(event: nil)
        let key = record.objectKey(
            mapping: runner.mapping.id, queue: queue.name, random: context.makeRequestID())
        return DestinationReport(
            occasion: condition == .success ? .success : .failure, destination: destination, body: body,
            bodyMD5: runner.hasher.hash(body).value, objectKey: key, requestID: requestID,
            first: held.leases[first].position, last: held.leases[last].position,
            recordCount: messages.count,
            short: .init(body: short, bodyMD5: runner.hasher.hash(short).value))
    }

    /// The event with some of the slot's messages.
    private func event(of messages: [Int], in slot: Int) -> [UInt8] {
        var bytes = Array(Self.head)
        for (place, index) in messages.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: slots[slot].bytes[slots[slot].ranges[index]])
        }
        bytes.append(contentsOf: Self.tail)
        return bytes
    }
}

// MARK: - Committing

extension QueuePoller {
    private func commit(_ settlement: QueueSettlement) {
        commitsUnderWay += 1
        let loop = context.loop
        context.store.settle(settlement) { [self] result in
            loop.execute {
                self.committed(settlement, result)
                self.endIfSettled()
            }
        }
    }

    private func committed(_ settlement: QueueSettlement, _ result: Result<QueueSettlementResult, StoreError>)
    {
        commitsUnderWay -= 1
        switch result {
        case .success(let outcome):
            let lost = outcome.lost
            noteDeleted(settlement.done.count, refused: outcome.refused.count, isFiltered: false)
            for report in lost { runner.destinationFailed(report) }
            runner.delivered(
                Self.count(settlement.reports.map { ($0.occasion, $0.recordCount) })
                    - Self.count(lost.map { ($0.occasion, $0.recordCount) }))
        case .failure(let error):
            storeFailed("settling", error)
            retry { $0.commit(settlement) }
        }
    }

    /// Messages in reports on failures.
    private static func count(_ reports: [(DestinationReport.Occasion, Int)]) -> Int {
        reports.reduce(0) { $0 + ($1.0 == .failure ? $1.1 : 0) }
    }
}

extension MessageLease {
    fileprivate var receiveCount: Int { Int(serial) }
}
