import AWSWire
import EventModel
import EventStore

extension KinesisService {
    func deleteStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let deletesConsumers = try arguments.bool("EnforceConsumerDeletion") ?? false
        let stream = try stream(of: arguments, call)
        submit(call) { writer throws(StoreError) -> AWSError? in
            guard let stored = writer.catalog.stream(stream.key) else { return nil }
            guard deletesConsumers || stored.settings.consumers.isEmpty else {
                return .consumersLeft(stream)
            }
            try writer.deleteStream(stream.key)
            return nil
        } then: { refusal in
            if let refusal { call.fail(refusal) } else { call.succeed() }
        }
    }
}
