/// Messages on their way into a queue: one arena of bytes, and entries that name ranges of it.
package struct MessageBatch: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        /// UTF-8, not empty.
        package var body: Range<Int>
        /// MD5 of the body as a big-endian number.
        package var bodyMD5: UInt128
        /// The message attributes as a JSON object in wire form; empty when there are none.
        package var attributes: Range<Int>
        /// MD5 of all attributes by SQS's rule; 0 when there are none.
        package var attributesMD5: UInt128
        /// The system attribute `AWSTraceHeader`; empty when there is none.
        package var traceHeader: Range<Int>
        /// `MessageGroupId`; empty when there is none.
        package var groupID: Range<Int>
        /// `MessageDeduplicationId`, given or made of the body: 1...128 bytes in a FIFO queue, else empty.
        package var deduplicationID: Range<Int>
        /// 0...900 s, or `nil` for the queue's own delay.
        package var delaySeconds: Int?

        package init(
            body: Range<Int>, bodyMD5: UInt128, attributes: Range<Int> = 0..<0, attributesMD5: UInt128 = 0,
            traceHeader: Range<Int> = 0..<0, groupID: Range<Int> = 0..<0,
            deduplicationID: Range<Int> = 0..<0, delaySeconds: Int? = nil
        ) {
            self.body = body
            self.bodyMD5 = bodyMD5
            self.attributes = attributes
            self.attributesMD5 = attributesMD5
            self.traceHeader = traceHeader
            self.groupID = groupID
            self.deduplicationID = deduplicationID
            self.delaySeconds = delaySeconds
        }
    }

    package var bytes: [UInt8]
    package var entries: [Entry]

    package init(bytes: [UInt8] = [], entries: [Entry] = []) {
        self.bytes = bytes
        self.entries = entries
    }

    /// Adds a message that has only a body.
    package mutating func append(body: [UInt8], md5: UInt128, delaySeconds: Int? = nil) {
        let start = bytes.count
        bytes.append(contentsOf: body)
        entries.append(Entry(body: start..<bytes.count, bodyMD5: md5, delaySeconds: delaySeconds))
    }
}

/// What became of one entry of a `MessageBatch`.
package struct SentMessage: Equatable, Sendable {
    package let position: Position
    package let messageID: MessageID
    package let sentAt: Timestamp
    /// True when nothing was stored, because a message with the same deduplication ID was; the rest is about that one.
    package let isDuplicate: Bool

    package init(position: Position, messageID: MessageID, sentAt: Timestamp, isDuplicate: Bool = false) {
        self.position = position
        self.messageID = messageID
        self.sentAt = sentAt
        self.isDuplicate = isDuplicate
    }

    /// Meant for FIFO queues; standard ones tell none.
    package var sequenceNumber: MessageSequenceNumber { MessageSequenceNumber(position: position) }
}

/// What a receive tells about a message, besides the bytes of its body and attributes.
package struct ReceivedMessage: Equatable, Sendable {
    package let position: Position
    package let messageID: MessageID
    package let receipt: ReceiptHandle
    /// 1 for the first receive; continues in a dead-letter queue.
    package let receiveCount: Int
    package let firstReceivedAt: Timestamp
    package let sentAt: Timestamp
    package let bodyMD5: UInt128
    /// 0 when there are no attributes.
    package let attributesMD5: UInt128
    package let traceHeader: String?
    package let groupID: String?
    /// `nil` in a standard queue.
    package let deduplicationID: String?
    /// The queue that this message was moved from when its receive count was spent.
    package let deadLetterSource: ARN?

    package init(
        position: Position, messageID: MessageID, receipt: ReceiptHandle, receiveCount: Int,
        firstReceivedAt: Timestamp, sentAt: Timestamp, bodyMD5: UInt128, attributesMD5: UInt128,
        traceHeader: String?, groupID: String?, deduplicationID: String? = nil, deadLetterSource: ARN?
    ) {
        self.position = position
        self.messageID = messageID
        self.receipt = receipt
        self.receiveCount = receiveCount
        self.firstReceivedAt = firstReceivedAt
        self.sentAt = sentAt
        self.bodyMD5 = bodyMD5
        self.attributesMD5 = attributesMD5
        self.traceHeader = traceHeader
        self.groupID = groupID
        self.deduplicationID = deduplicationID
        self.deadLetterSource = deadLetterSource
    }

    /// Meant for FIFO queues; standard ones tell none.
    package var sequenceNumber: MessageSequenceNumber { MessageSequenceNumber(position: position) }
    /// What proves this receive when the message is deleted.
    package var lease: MessageLease { receipt.lease }
}
