import AWSWire
import EventModel
import HTTP

/// The address of a queue: `http://<host>/<account>/<name>`.
///
/// Any host and scheme will do, so that a URL from another container works too, and so does the path alone. A host like
/// `sqs.<region>.…` or `<region>.queue.…` says the region, and so does the path `/queue/<region>/<account>/<name>`. The
/// form `/queue/<name>` names no account.
struct QueueURL: Equatable {
    /// `nil` stands for the caller's.
    let account: String?
    /// `nil` stands for the caller's.
    let region: String?
    let name: String

    /// - Throws: `InvalidAddress` when the text does not end in `/<account>/<name>` or `/queue/<name>`.
    init(parsing text: String) throws(AWSError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count >= 2, let name = String(parts[parts.count - 1]) else { throw Self.invalid(text) }
        let owner = parts[parts.count - 2]
        if AccountText.isAccount(owner) {
            account = String(owner)
        } else if Self.isWord(owner, "queue") {
            account = nil
        } else {
            throw Self.invalid(text)
        }
        self.name = name
        region = Self.region(of: parts[...])
    }

    private static func invalid(_ text: String) -> AWSError {
        AWSError("InvalidAddress", "The address \(text) is not valid for this endpoint.", status: 404)
    }

    /// Whether a path, as it is in a request, is that of a queue.
    static func isPath(_ path: String) -> Bool {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        guard let first = parts.popFirst(), first.isEmpty, let name = parts.popLast() else { return false }
        if let first = parts.first, isWord(first, "queue") {
            parts.removeFirst()
            // The account, and in front of it the region.
            guard parts.count <= 2 else { return false }
        } else if parts.count != 1 {
            return false
        }
        return QueueName.isPossible(name) && parts.last.map { AccountText.isAccount($0) } ?? true
    }

    private static func isWord(_ part: Substring.UTF8View, _ word: StaticString) -> Bool {
        part.elementsEqual(word.description.utf8)
    }

    /// What the parts of a URL, or of a path, say about the region.
    private static func region(of parts: ArraySlice<Substring.UTF8View>) -> String? {
        if parts.count >= 4, isWord(parts[parts.endIndex - 4], "queue") {
            return String(parts[parts.endIndex - 3])
        }
        // `http:` and the host; hosts of other forms are as good as none.
        guard parts.count >= 3, parts[0].last == UInt8(ascii: ":") else { return nil }
        let host = parts[1]
        let isService = host.starts(with: "sqs.".utf8) || host.contains(UInt8(ascii: "-"))
        return isService ? String(host).flatMap { region(inHost: $0) } : nil
    }

    private static func region(inHost host: String) -> String? {
        let labels = host.split(separator: ".", maxSplits: 2)
        guard labels.count >= 2, labels[0] == "sqs" || labels[1] == "queue" else { return nil }
        return ServiceHost.region(in: host)
    }

    /// The URL under which the caller reaches a queue: the host that the request went to.
    static func text(of queue: QueueDefinition, for request: HTTPRequest) -> String {
        let host = request.headers["host"] ?? "localhost:4566"
        return "http://\(host)/\(queue.location.account)/\(queue.name)"
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

    /// Whether there can be a queue of that name.
    static func isPossible(_ name: Substring.UTF8View) -> Bool {
        let stem = name.suffix(5).elementsEqual(".fifo".utf8) ? name.dropLast(5) : name
        return !stem.isEmpty && name.count <= SQSLimits.queueNameBytes && stem.allSatisfy(isLetter)
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
