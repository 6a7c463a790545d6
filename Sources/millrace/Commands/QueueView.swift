import ByteCoding
import EventModel

/// Lays out a queue and its move tasks as text.
enum QueueView {
    static func lines(_ queue: QueueReport) -> [String] {
        let visible = Text.number(queue.count("ApproximateNumberOfMessages"))
        let inFlight = Text.number(queue.count("ApproximateNumberOfMessagesNotVisible"))
        let delayed = Text.number(queue.count("ApproximateNumberOfMessagesDelayed"))
        var lines = [
            "\(queue.name)  \(queue.arn)", "  \(visible) visible, \(inFlight) in flight, \(delayed) delayed",
            "  visibility timeout \(seconds(queue, "VisibilityTimeout")), delay \(seconds(queue, "DelaySeconds")), "
                + "wait \(seconds(queue, "ReceiveMessageWaitTimeSeconds")), "
                + "retention \(seconds(queue, "MessageRetentionPeriod")), "
                + "messages up to \(Text.bytes(queue.count("MaximumMessageSize")))",
        ]
        lines.append("  dead letters to      \(redrive(queue.attributes["RedrivePolicy"]))")
        let sources = queue.sources.isEmpty ? "–" : queue.sources.joined(separator: ", ")
        lines.append("  dead letters from    \(sources)")
        lines.append("  may take them from   \(allowed(queue.attributes["RedriveAllowPolicy"]))")
        if let policy = queue.attributes["Policy"] {
            lines.append("  permissions          \(statements(policy))")
        }
        guard !queue.moves.isEmpty else { return lines }
        return lines + ["", "MOVE TASKS"] + moves(queue.moves).map { "  " + $0 }
    }

    private static func moves(_ moves: [MoveReport]) -> [String] {
        var table = TextTable([
            .left("STARTED"), .left("STATUS"), .right("MOVED"), .right("OF"), .right("RATE"), .left("TO"),
            .left("WHY"),
        ])
        for move in moves {
            table.add([
                Timestamp(millisecondsSinceEpoch: move.startedAtMilliseconds).iso8601Seconds, move.status,
                Text.number(move.moved), Text.number(move.toMove), move.rate.map { "\($0)/s" } ?? "–",
                move.destination.map(name) ?? "sources", move.failure ?? "–",
            ])
        }
        return table.lines
    }

    /// `RUNNING  120 of 400 messages (30 %) back to where they came from, at most 10/s`.
    static func progress(_ move: MoveReport) -> String {
        let share = move.toMove > 0 ? " (\(min(100, move.moved * 100 / move.toMove)) %)" : ""
        let rate = move.rate.map { ", at most \($0)/s" } ?? ""
        return "\(move.status)  \(Text.number(move.moved)) of \(Text.number(move.toMove)) messages\(share) "
            + direction(move.destination) + rate
    }

    static func direction(_ destination: String?) -> String {
        destination.map { "to \(name($0))" } ?? "back to where they came from"
    }

    /// What a failure means, and what to do.
    static func advice(onFailure reason: String, _ queue: String) -> String {
        switch reason {
        case "CouldNotDetermineMessageSource":
            """
            The task failed: the next message of \(queue) was sent there directly, so nobody knows where it came from.
            Name a destination: millrace queue redrive \(queue) --to QUEUE
            """
        case "AWS.SimpleQueueService.NonExistentQueue":
            """
            The task failed: the queue that the next message was to go to does not exist any more.
            Make it anew, or name another one: millrace queue redrive \(queue) --to QUEUE
            """
        default: "The task failed: \(reason)"
        }
    }

    private static func seconds(_ queue: QueueReport, _ attribute: String) -> String {
        let seconds = queue.count(attribute)
        if seconds >= 86_400, seconds % 86_400 == 0 { return "\(seconds / 86_400) d" }
        return "\(Text.number(seconds)) s"
    }

    private static func redrive(_ policy: String?) -> String {
        guard let policy = policy.flatMap(object), let target = policy["deadLetterTargetArn"]?.stringValue
        else { return "–" }
        let count = policy["maxReceiveCount"]?.intValue.map { " after \($0) receives" } ?? ""
        return name(target) + count
    }

    private static func allowed(_ policy: String?) -> String {
        guard let policy = policy.flatMap(object) else { return "any queue" }
        switch policy["redrivePermission"]?.stringValue {
        case "denyAll": return "none"
        case "byQueue":
            let sources = (policy["sourceQueueArns"]?.arrayValue ?? []).compactMap(\.stringValue)
            return sources.map(name).joined(separator: ", ")
        default: return "any queue"
        }
    }

    /// Policies are kept and never asked.
    private static func statements(_ policy: String) -> String {
        let value = object(policy)?["Statement"]
        return "\(value?.arrayValue?.count ?? 1) statement(s), kept and not enforced"
    }

    private static func object(_ text: String) -> JSONValue? {
        do { return try JSONValue(parsing: Array(text.utf8)) } catch { return nil }
    }

    private static func name(_ arn: String) -> String { ARN(arn)?.resource ?? arn }
}
