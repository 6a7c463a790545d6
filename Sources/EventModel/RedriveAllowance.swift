import ByteCoding

/// Which queues may name a queue as their dead-letter queue: the attribute `RedriveAllowPolicy`.
package enum RedriveAllowance: Equatable, Sendable {
    case everybody
    case nobody
    /// 1...10 ARNs.
    case sources([ARN])

    /// SQS API, `SetQueueAttributes`: up to 10 source queues.
    private static let sourcesMax = 10

    /// Reads `{"redrivePermission":"byQueue","sourceQueueArns":[…]}`; only `byQueue` goes with a list of queues.
    ///
    /// `nil` for anything else.
    package init?(_ text: String) {
        let object: JSONObject?
        do throws(JSONError) {
            object = try JSONValue(parsing: Array(text.utf8)).objectValue
        } catch {
            return nil
        }
        guard let object,
            object.members.allSatisfy({ ["redrivePermission", "sourceQueueArns"].contains($0.key) })
        else { return nil }
        let list = object["sourceQueueArns"]
        switch object["redrivePermission"]?.stringValue {
        case "allowAll" where list == nil: self = .everybody
        case "denyAll" where list == nil: self = .nobody
        case "byQueue":
            let texts = list?.arrayValue ?? []
            let sources = texts.compactMap { $0.stringValue.flatMap { ARN($0) } }.filter {
                $0.service == "sqs"
            }
            guard sources.count == texts.count, (1...Self.sourcesMax).contains(sources.count) else {
                return nil
            }
            self = .sources(sources)
        default: return nil
        }
    }

    package func allows(_ source: ARN) -> Bool {
        switch self {
        case .everybody: true
        case .nobody: false
        case .sources(let sources): sources.contains(source)
        }
    }
}

extension QueueAttributes {
    /// Whether a queue may name the queue with these attributes as its dead-letter queue now.
    package func allowsRedrive(from source: ARN) -> Bool {
        guard let text = bookkeeping["RedriveAllowPolicy"] else { return true }
        // What is stored was checked; an older version may have stored what this one does not take.
        return RedriveAllowance(text)?.allows(source) ?? false
    }
}
