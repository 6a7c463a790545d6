import AWSWire
import EventModel
import HTTP

/// SQS's Query protocol, `Version=2012-11-05`: the operations of the JSON protocol with parameters and XML around them.
enum SQSQuery {
    static let version = "2012-11-05"

    /// The call in JSON.
    ///
    /// A queue's own URL stands for the parameter `QueueUrl`.
    static func inJSON(_ call: ServiceCall) throws(AWSError) -> ServiceCall {
        let path = call.request.path
        let isAtQueue = QueueURL.isPath(path)
        guard let operation = operations[call.operation],
            !(isAtQueue && endpointOnly.contains(call.operation))
        else {
            throw AWSError(
                "InvalidAction", "The action \(call.operation) is not valid for this endpoint.",
                namespace: "com.amazon.coral.service#")
        }
        do throws(QueryProblem) {
            return try call.inJSON(operation, extra: isAtQueue ? [("QueueUrl", path)] : [])
        } catch {
            throw error.wireError
        }
    }

    /// Operations that belong to no queue (recorded on AWS).
    private static let endpointOnly: [String] = ["CreateQueue", "ListQueues"]

    private static let operations: [String: QueryOperation] = {
        let all: [QueryOperation] = messages + batches + queues + rights + moves
        return Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }()
}

extension QueryProblem {
    /// The words are AWS's for what is missing, and our own otherwise.
    fileprivate var wireError: AWSError {
        switch self {
        case .missing(let parameter): .missing(parameter)
        case .notAnInteger(let parameter, let value): .parameter(value, parameter, "Must be an integer.")
        case .notBase64(let parameter, let value):
            .parameter(value, parameter, "Must be encoded in base64.")
        }
    }
}

// MARK: - What operations look like

extension SQSQuery {
    private static let queue = QueryMember("QueueUrl")
    private static let attributes = QueryMember(
        "Attribute", .map(key: "Name", value: "Value", .text), json: "Attributes")
    private static let attributeNames = QueryMember("AttributeName", .list(.text), json: "AttributeNames")
    private static let tagMap = QueryShape.map(key: "Key", value: "Value", .text)
    private static let tags = QueryMember("Tag", tagMap, json: "Tags")
    private static let receipt = QueryMember("ReceiptHandle")
    private static let visibility = QueryMember("VisibilityTimeout", .integer)
    private static let maximum = QueryMember("MaxResults", .integer)
    private static let token = QueryMember("NextToken")
    private static let attributeValue: [QueryMember] = [
        QueryMember("StringValue"), QueryMember("BinaryValue", .blob),
        QueryMember("StringListValue", .list(.text), json: "StringListValues"),
        QueryMember("BinaryListValue", .list(.blob), json: "BinaryListValues"),
        QueryMember("DataType"),
    ]
    private static let messageAttributes = QueryMember(
        "MessageAttribute", .map(key: "Name", value: "Value", .structure(attributeValue)),
        json: "MessageAttributes")
    private static let systemAttributes = QueryMember(
        "MessageSystemAttribute", .map(key: "Name", value: "Value", .structure(attributeValue)),
        json: "MessageSystemAttributes")
    private static let message: [QueryMember] = [
        QueryMember("MessageBody"), QueryMember("DelaySeconds", .integer), messageAttributes,
        systemAttributes, QueryMember("MessageDeduplicationId"), QueryMember("MessageGroupId"),
    ]
    private static let sent: [QueryMember] = [
        QueryMember("MessageId"), QueryMember("MD5OfMessageBody"), QueryMember("MD5OfMessageAttributes"),
        QueryMember("MD5OfMessageSystemAttributes"), QueryMember("SequenceNumber"),
    ]

    private static let messages: [QueryOperation] = [
        QueryOperation("SendMessage", [queue] + message, output: sent),
        QueryOperation(
            "ReceiveMessage",
            [
                queue, attributeNames,
                QueryMember(
                    "MessageSystemAttributeName", .list(.text), json: "MessageSystemAttributeNames"),
                QueryMember("MessageAttributeName", .list(.text), json: "MessageAttributeNames"),
                QueryMember("MaxNumberOfMessages", .integer), visibility,
                QueryMember("WaitTimeSeconds", .integer), QueryMember("ReceiveRequestAttemptId"),
            ],
            output: [
                QueryMember(
                    "Message",
                    .list(
                        .structure([
                            QueryMember("MessageId"), receipt, QueryMember("MD5OfBody"), QueryMember("Body"),
                            attributes, QueryMember("MD5OfMessageAttributes"), messageAttributes,
                        ])), json: "Messages")
            ]),
        QueryOperation("DeleteMessage", [queue, receipt]),
        QueryOperation("ChangeMessageVisibility", [queue, receipt, visibility]),
    ]

    private static let batches: [QueryOperation] = [
        batch("SendMessageBatch", message, result: sent),
        batch("DeleteMessageBatch", [receipt]),
        batch("ChangeMessageVisibilityBatch", [receipt, visibility]),
    ]

    private static func batch(
        _ name: String, _ entry: [QueryMember], result: [QueryMember] = []
    ) -> QueryOperation {
        let id = QueryMember("Id")
        return QueryOperation(
            name,
            [
                queue,
                QueryMember("\(name)RequestEntry", .list(.structure([id] + entry)), json: "Entries"),
            ],
            output: [
                QueryMember("\(name)ResultEntry", .list(.structure([id] + result)), json: "Successful"),
                QueryMember(
                    "BatchResultErrorEntry",
                    .list(
                        .structure([
                            id, QueryMember("Code"), QueryMember("Message"), QueryMember("SenderFault"),
                        ])), json: "Failed"),
            ])
    }

    private static let queues: [QueryOperation] = [
        QueryOperation(
            "CreateQueue", [QueryMember("QueueName"), attributes, QueryMember("Tag", tagMap, json: "tags")],
            output: [queue]),
        QueryOperation(
            "GetQueueUrl", [QueryMember("QueueName"), QueryMember("QueueOwnerAWSAccountId")], output: [queue]),
        QueryOperation(
            "ListQueues", [QueryMember("QueueNamePrefix"), token, maximum],
            output: [QueryMember("QueueUrl", .list(.text), json: "QueueUrls"), token]),
        QueryOperation(
            "ListDeadLetterSourceQueues", [queue, token, maximum],
            output: [QueryMember("QueueUrl", .list(.text), json: "queueUrls"), token]),
        QueryOperation("DeleteQueue", [queue]),
        QueryOperation("PurgeQueue", [queue]),
        QueryOperation("GetQueueAttributes", [queue, attributeNames], output: [attributes]),
        QueryOperation("SetQueueAttributes", [queue, attributes]),
    ]

    private static let rights: [QueryOperation] = [
        QueryOperation("TagQueue", [queue, tags]),
        QueryOperation("UntagQueue", [queue, QueryMember("TagKey", .list(.text), json: "TagKeys")]),
        QueryOperation("ListQueueTags", [queue], output: [tags]),
        QueryOperation(
            "AddPermission",
            [
                queue, QueryMember("Label"),
                QueryMember("AWSAccountId", .list(.text), json: "AWSAccountIds"),
                QueryMember("ActionName", .list(.text), json: "Actions"),
            ]),
        QueryOperation("RemovePermission", [queue, QueryMember("Label")]),
    ]

    private static let moves: [QueryOperation] = [
        QueryOperation(
            "StartMessageMoveTask",
            [
                QueryMember("SourceArn"), QueryMember("DestinationArn"),
                QueryMember("MaxNumberOfMessagesPerSecond", .integer),
            ], output: [QueryMember("TaskHandle")]),
        QueryOperation(
            "CancelMessageMoveTask", [QueryMember("TaskHandle")],
            output: [QueryMember("ApproximateNumberOfMessagesMoved")]),
        QueryOperation(
            "ListMessageMoveTasks", [QueryMember("SourceArn"), maximum],
            output: [
                QueryMember("ListMessageMoveTasksResultEntry", .list(.structure(task)), json: "Results")
            ]),
    ]

    private static let task: [QueryMember] = [
        QueryMember("TaskHandle"), QueryMember("Status"), QueryMember("SourceArn"),
        QueryMember("DestinationArn"), QueryMember("MaxNumberOfMessagesPerSecond"),
        QueryMember("ApproximateNumberOfMessagesMoved"), QueryMember("ApproximateNumberOfMessagesToMove"),
        QueryMember("FailureReason"), QueryMember("StartedTimestamp"),
    ]
}
