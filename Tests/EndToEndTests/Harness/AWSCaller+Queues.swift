import ByteCoding

/// A message of a FIFO queue as tests send and see it.
struct OrderedMessage: Equatable {
    let group: String
    let body: String
}

/// A received message, as far as consumers need it.
struct ReceivedCopy {
    let id: String
    let receipt: String
    let body: String
    let group: String?

    init(_ message: JSONValue) throws {
        guard let id = message["MessageId"]?.stringValue, let body = message["Body"]?.stringValue,
            let receipt = message["ReceiptHandle"]?.stringValue
        else { throw HarnessError("not a message: \(message.text)") }
        self.id = id
        self.receipt = receipt
        self.body = body
        group = message["Attributes"]?["MessageGroupId"]?.stringValue
    }
}

extension AWSCaller {
    /// Sends to a FIFO queue in one call; the body is the deduplication ID too. Returns the messages' IDs.
    @discardableResult
    func sendOrdered(_ messages: [OrderedMessage], to queue: String) throws -> [String] {
        let entries: [JSONValue] = messages.enumerated().map { index, message in
            [
                "Id": .string("m\(index)"), "MessageBody": .string(message.body),
                "MessageGroupId": .string(message.group), "MessageDeduplicationId": .string(message.body),
            ]
        }
        let answer = try call(
            "AmazonSQS.SendMessageBatch", ["QueueUrl": queueURL(queue), "Entries": .array(entries)])
        let ids = (answer["Successful"]?.arrayValue ?? []).compactMap { $0["MessageId"]?.stringValue }
        guard ids.count == messages.count else {
            throw HarnessError("not all messages were taken: \(answer.text)")
        }
        return ids
    }

    /// Deletes in one call; the indices of those whose receipt was refused.
    func delete(_ messages: [ReceivedCopy], from queue: String) throws -> Set<Int> {
        let entries: [JSONValue] = messages.enumerated().map { index, message in
            ["Id": .string("\(index)"), "ReceiptHandle": .string(message.receipt)]
        }
        let answer = try call(
            "AmazonSQS.DeleteMessageBatch", ["QueueUrl": queueURL(queue), "Entries": .array(entries)])
        return Set(
            (answer["Failed"]?.arrayValue ?? []).compactMap { $0["Id"]?.stringValue.flatMap { Int($0) } })
    }

    func queueARN(_ name: String) -> JSONValue { .string("arn:aws:sqs:us-east-1:000000000000:\(name)") }

    /// Begins to move dead letters back to where they came from; false when a task is under way.
    func startMove(from queue: String) throws -> Bool {
        let answer = try answer("AmazonSQS.StartMessageMoveTask", ["SourceArn": queueARN(queue)])
        if answer.status == 200 { return true }
        guard answer.body["message"]?.stringValue?.contains("already a task running") == true else {
            throw HarnessError("StartMessageMoveTask answered \(answer.status): \(answer.body.text)")
        }
        return false
    }

    /// How many tasks that move messages out of a queue are not over.
    func runningMoves(from queue: String) throws -> Int {
        let answer = try call(
            "AmazonSQS.ListMessageMoveTasks", ["SourceArn": queueARN(queue), "MaxResults": 10])
        return (answer["Results"]?.arrayValue ?? []).count {
            ["RUNNING", "CANCELLING"].contains($0["Status"]?.stringValue)
        }
    }
}
