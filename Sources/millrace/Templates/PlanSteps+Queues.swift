import EventModel
import EventStore
import Template

extension PlanSteps {
    /// Dead-letter queues may say which queues name them; asked of queues whose redrive policy is new.
    func checkRedrive(_ snapshot: CatalogSnapshot) throws(StoreError) {
        let location = Location()
        for queue in plan.queues {
            let before = snapshot.queue(named: queue.name, in: location)?.attributes.redrive
            guard let redrive = queue.attributes.redrive, redrive != before else { continue }
            let target =
                plan.queues.first { location.arn("sqs", $0.name) == redrive.deadLetterTarget }?.attributes
                ?? snapshot.queue(redrive.deadLetterTarget)?.attributes
            guard let target, !target.allowsRedrive(from: location.arn("sqs", queue.name)) else { continue }
            throw .conflict(
                "The queue \(queue.name) names \(redrive.deadLetterTarget.resource) as its dead-letter queue, whose "
                    + "RedriveAllowPolicy does not allow it. Name the queue there in sourceQueueArns.")
        }
    }
}
