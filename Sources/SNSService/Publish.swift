import AWSWire
import EventModel
import EventStore

extension SNSService {
    func publish(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        guard arguments["PhoneNumber"] == nil else {
            throw .notSupported(parameter: "PhoneNumber", operation: call.operation)
        }
        let name = arguments["TopicArn"] == nil ? "TargetArn" : "TopicArn"
        guard let target = arguments[name], !target.isEmpty else {
            throw .invalid("TopicArn or TargetArn Reason: no value for required parameter")
        }
        guard ARN(target)?.resource.hasPrefix("endpoint/") != true else {
            throw .notSupported("Millrace does not support publishing to mobile endpoints yet.")
        }
        let arn = try SNSName.topic(target, parameter: name, in: call.location)
        let request = try PublishRequest(arguments, to: arn, messageID: identifiers.next())
        submit(call) { writer throws(StoreError) in
            try writer.publish(request.publication).answer
        } then: { message in
            call.succeed { $0.element("MessageId", message.messageID) }
        }
    }

    func publishBatch(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let topic = try topic(arguments, call)
        let prefixes = arguments.structures("PublishBatchRequestEntries", having: ["Id", "Message"])
        let ids = try BatchRules.ids(prefixes, arguments)
        var entries: [BatchEntry] = []
        for (id, prefix) in zip(ids, prefixes) {
            do throws(AWSError) {
                let request = try PublishRequest(
                    arguments, prefix: prefix, to: topic.arn, messageID: identifiers.next())
                entries.append(BatchEntry(id: id, state: .success(request)))
            } catch {
                // The sum of a batch is limited too, and tells more than the size of one of its messages.
                if error == .invalid("Message too long") { throw BatchRules.tooLong }
                entries.append(BatchEntry(id: id, state: .failure(error)))
            }
        }
        guard entries.reduce(0, { $0 + $1.size }) <= SubscriptionLimits.messageBytes else {
            throw BatchRules.tooLong
        }
        let all = entries
        submit(call) { writer throws(StoreError) in
            guard writer.catalog.topic(topic.arn) != nil else { return .failure(.topicDoesNotExist) }
            var results: [(id: String, result: Result<PublishedMessage, AWSError>)] = []
            for entry in all {
                switch entry.state {
                case .failure(let error): results.append((entry.id, .failure(error)))
                case .success(let request):
                    results.append((entry.id, try writer.publish(request.publication).answer))
                }
            }
            return .success(results)
        } then: { results in
            call.succeed { Self.write(results, to: &$0) }
        }
    }

    private static func write(
        _ results: [(id: String, result: Result<PublishedMessage, AWSError>)], to xml: inout XMLWriter
    ) {
        xml.element("Successful") { xml in
            for (id, result) in results {
                guard case .success(let message) = result else { continue }
                xml.element("member") { xml in
                    xml.element("Id", id)
                    xml.element("MessageId", message.messageID)
                }
            }
        }
        xml.element("Failed") { xml in
            for (id, result) in results {
                guard case .failure(let error) = result else { continue }
                xml.element("member") { xml in
                    xml.element("Id", id)
                    xml.element("Code", error.code)
                    xml.element("Message", error.message)
                    xml.element("SenderFault", error.isSenderFault)
                }
            }
        }
    }
}

/// One message of a batch, or what is wrong with it.
private struct BatchEntry: Sendable {
    let id: String
    let state: Result<PublishRequest, AWSError>

    var size: Int {
        switch state {
        case .success(let request): request.size
        case .failure: 0
        }
    }
}

extension PublishOutcome {
    fileprivate var answer: Result<PublishedMessage, AWSError> {
        switch self {
        case .published(let message): .success(message)
        case .noSuchTopic: .failure(.topicDoesNotExist)
        case .backlogIsFull: .failure(.backlogIsFull)
        }
    }
}

/// What the entries of a batch have to be like together.
private enum BatchRules {
    static let tooLong = AWSError(
        "BatchRequestTooLong", "The length of all the messages put together is more than the limit.")

    static func ids(_ prefixes: [String], _ arguments: SNSArguments) throws(AWSError) -> [String] {
        guard !prefixes.isEmpty else {
            throw AWSError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        }
        guard prefixes.count <= SNSLimits.batchEntries else {
            throw AWSError(
                "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
        }
        var ids: [String] = []
        for prefix in prefixes {
            let id = arguments[prefix + "Id"] ?? ""
            guard SNSName.isTopicName(id), id.utf8.count <= SNSLimits.entryIDBytes else {
                throw AWSError(
                    "InvalidBatchEntryId",
                    "The Id of a batch entry in a batch request doesn't abide by the specification.")
            }
            guard !ids.contains(id) else {
                throw AWSError(
                    "BatchEntryIdsNotDistinct",
                    "Two or more batch entries in the request have the same Id.")
            }
            ids.append(id)
        }
        return ids
    }
}
