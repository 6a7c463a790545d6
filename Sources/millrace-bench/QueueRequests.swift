/// Calls of SQS that benches make many times.
extension WireRequest {
    /// `SendMessage` of `bytes` printable bytes.
    static func sendMessage(queueURL: String, bytes: Int) -> [UInt8] {
        let text = String(repeating: "m", count: bytes)
        let body = #"{"QueueUrl":"\#(queueURL)","MessageBody":"\#(text)"}"#
        return json(target: "AmazonSQS.SendMessage", body: Array(body.utf8))
    }

    /// `ReceiveMessage` of at most `maximum` messages.
    static func receiveMessage(queueURL: String, maximum: Int, waitSeconds: Int = 0) -> [UInt8] {
        let body =
            #"{"QueueUrl":"\#(queueURL)","MaxNumberOfMessages":\#(maximum),"#
            + #""WaitTimeSeconds":\#(waitSeconds)}"#
        return json(target: "AmazonSQS.ReceiveMessage", body: Array(body.utf8))
    }
}

/// `SendMessageBatch` of ten messages of a FIFO queue, each with a deduplication ID that was never used.
struct FIFOSends {
    let queueURL: String
    let groups: Int
    let text: String

    init(queueURL: String, groups: Int, bytes: Int) {
        self.queueURL = queueURL
        self.groups = groups
        text = String(repeating: "m", count: bytes)
    }

    /// The groups take turns, message by message.
    func request(_ call: Int) -> [UInt8] {
        var body = #"{"QueueUrl":"\#(queueURL)","Entries":["#
        for index in 0..<10 {
            let number = call * 10 + index
            if index > 0 { body += "," }
            body += #"{"Id":"\#(index)","MessageGroupId":"g\#(number % groups)","#
            body += #""MessageDeduplicationId":"\#(number)","MessageBody":"\#(text)"}"#
        }
        body += "]}"
        return WireRequest.json(target: "AmazonSQS.SendMessageBatch", body: Array(body.utf8))
    }
}
