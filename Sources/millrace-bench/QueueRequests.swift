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
