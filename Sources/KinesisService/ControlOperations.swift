import AWSWire
import EventModel
import EventStore

extension KinesisService {
    /// Operations that describe and set, beside those that move records.
    func performControl(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "RegisterStreamConsumer": try registerStreamConsumer(call)
        case "DeregisterStreamConsumer": try deregisterStreamConsumer(call)
        case "DescribeStreamConsumer": try describeStreamConsumer(call)
        case "ListStreamConsumers": try listStreamConsumers(call)
        case "SubscribeToShard": try subscribeToShard(call)
        case "AddTagsToStream": try addTagsToStream(call)
        case "RemoveTagsFromStream": try removeTagsFromStream(call)
        case "ListTagsForStream": try listTagsForStream(call)
        case "TagResource": try tagResource(call)
        case "UntagResource": try untagResource(call)
        case "ListTagsForResource": try listTagsForResource(call)
        case "StartStreamEncryption": try startStreamEncryption(call)
        case "StopStreamEncryption": try stopStreamEncryption(call)
        case "EnableEnhancedMonitoring": try enableEnhancedMonitoring(call)
        case "DisableEnhancedMonitoring": try disableEnhancedMonitoring(call)
        case "UpdateStreamMode": try updateStreamMode(call)
        case "UpdateMaxRecordSize": try updateMaxRecordSize(call)
        case "PutResourcePolicy": try putResourcePolicy(call)
        case "GetResourcePolicy": try getResourcePolicy(call)
        case "DeleteResourcePolicy": try deleteResourcePolicy(call)
        case "DescribeLimits": describeLimits(call)
        case "DescribeAccountSettings": describeAccountSettings(call)
        default: call.failUnknownOperation()
        }
    }

    /// Changes a stream in one commit, on what the writer knows of it, and answers with what the change returns.
    ///
    /// A change that throws changes nothing.
    func change<T: Sendable>(
        _ stream: StreamDefinition, _ call: ServiceCall,
        _ body: @escaping @Sendable (inout StreamDefinition, Timestamp) throws(AWSError) -> T,
        then answer: @escaping @Sendable (T) -> Void
    ) {
        submit(call) { writer throws(StoreError) -> Result<T, AWSError> in
            guard let stored = writer.catalog.stream(stream.key) else {
                return .failure(.streamNotFound(stream.name, stream.location.account))
            }
            var changed = stored
            let value: T
            do throws(AWSError) {
                value = try body(&changed, writer.now)
            } catch {
                return .failure(error)
            }
            if changed != stored { try writer.updateStream(changed) }
            return .success(value)
        } then: { result in
            switch result {
            case .success(let value): answer(value)
            case .failure(let error): call.fail(error)
            }
        }
    }

    /// The same for an operation that answers without a body.
    func change(
        _ stream: StreamDefinition, _ call: ServiceCall,
        _ body: @escaping @Sendable (inout StreamDefinition, Timestamp) throws(AWSError) -> Void
    ) {
        change(stream, call, body) { call.succeed() }
    }
}
