package import EventModel

/// What a mapping tells a destination of one batch.
package struct DestinationReport: Equatable, Sendable {
    package enum Occasion: Equatable, Sendable {
        /// The batch was given up.
        case failure
        /// The function succeeded with it.
        case success
    }

    package let occasion: Occasion
    /// A queue, a topic or a bucket.
    package let destination: ARN
    /// JSON; that for a bucket holds the event too.
    package let body: [UInt8]
    /// MD5 of the body, as messages of queues carry it.
    package let bodyMD5: UInt128
    /// What a destination gets that does not take a body of that size; `nil` when there is nothing to leave out.
    package let short: Short?
    /// The body's place in a bucket.
    package let objectKey: String
    package let requestID: String
    /// First and last position that it is about; 0 and 0 when it is about none.
    package let first: Position
    package let last: Position
    package let recordCount: Int

    package init(
        occasion: Occasion, destination: ARN, body: [UInt8], bodyMD5: UInt128, objectKey: String,
        requestID: String,
        first: Position, last: Position, recordCount: Int, short: Short? = nil
    ) {
        self.occasion = occasion
        self.destination = destination
        self.body = body
        self.bodyMD5 = bodyMD5
        self.objectKey = objectKey
        self.requestID = requestID
        self.first = first
        self.last = last
        self.recordCount = recordCount
        self.short = short
    }

    /// A report without the event that it is about.
    package struct Short: Equatable, Sendable {
        package let body: [UInt8]
        package let bodyMD5: UInt128

        package init(body: [UInt8], bodyMD5: UInt128) {
            self.body = body
            self.bodyMD5 = bodyMD5
        }
    }
}

/// A report that could not be delivered, which is final.
package struct LostReport: Equatable, Sendable {
    package let occasion: DestinationReport.Occasion
    package let recordCount: Int
    /// What stood in the way, for people.
    package let reason: String

    package init(occasion: DestinationReport.Occasion, recordCount: Int, reason: String) {
        self.occasion = occasion
        self.recordCount = recordCount
        self.reason = reason
    }
}
