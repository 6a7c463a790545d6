import AWSWire
import EventModel
import HTTP

/// The address of a queue: `http://<host>/<account>/<name>`.
///
/// Host and scheme are not looked at, so that a URL from another container or of `sqs.<region>.amazonaws.com` works too.
struct QueueURL: Equatable {
    let account: String
    let name: String

    /// - Throws: `InvalidAddress` when the text does not end in `/<account>/<name>`.
    init(parsing text: String) throws(AWSError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count >= 2, let name = String(parts[parts.count - 1]),
            let account = String(parts[parts.count - 2]), Self.isAccount(account)
        else {
            throw AWSError(
                "InvalidAddress", "The address \(text) is not valid for this endpoint.", status: 404)
        }
        self.account = account
        self.name = name
    }

    /// The URL under which the caller reaches a queue: the host that the request went to.
    static func text(of queue: QueueDefinition, for request: HTTPRequest) -> String {
        let host = request.headers["host"] ?? "localhost:4566"
        return "http://\(host)/\(queue.location.account)/\(queue.name)"
    }

    private static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

/// What queue names may look like.
enum QueueName {
    /// - Throws: `InvalidParameterValue`, or the error that says that FIFO queues are not there yet.
    static func check(_ name: String) throws(AWSError) {
        let isFIFO = name.hasSuffix(".fifo")
        let stem = isFIFO ? name.dropLast(5) : name[...]
        guard !stem.isEmpty, name.utf8.count <= SQSLimits.queueNameBytes, stem.utf8.allSatisfy(isLetter)
        else {
            throw .invalidParameter(
                isFIFO
                    ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                        + "must end with .fifo suffix and be 1 to 80 in length."
                    : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        }
    }

    /// `A-Z a-z 0-9 - _`, the letters of queue names and of batch entry ids.
    static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
