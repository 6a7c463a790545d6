/// What the handlers wrote down: one line a record and attempt.
struct Ledger {
    struct Entry: Equatable {
        /// The process that started the handler: which life of the daemon delivered it.
        let daemon: Int
        /// The handler's own process.
        let handler: Int
        let function: String
        let requestID: String
        /// Counts the invocations of one handler process; attempts with one request ID differ in it.
        let call: Int
        /// `started`, `handled` or `failed`.
        let outcome: String
        /// Empty for a message.
        let shard: String
        /// Sequence number or message ID.
        let id: String
        let receiveCount: Int
        let text: String
    }

    /// One invocation as its handler saw it.
    struct Attempt: Equatable {
        let requestID: String
        let outcome: String
        let texts: [String]
    }

    let entries: [Entry]

    /// A line that a kill cut off lacks its last field and does not count as written.
    init(path: String, from offset: Int = 0) {
        let text = String(decoding: Files.bytes(path, from: offset), as: UTF8.self)
        entries = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 11, fields[10] == ".", let daemon = Int(fields[0]),
                let handler = Int(fields[1]), let call = Int(fields[4])
            else { return nil }
            return Entry(
                daemon: daemon, handler: handler, function: fields[2], requestID: fields[3], call: call,
                outcome: fields[5], shard: fields[6], id: fields[7], receiveCount: Int(fields[8]) ?? 0,
                text: fields[9])
        }
    }

    func handled(by function: String) -> [Entry] {
        entries.filter { $0.function == function && $0.outcome == "handled" }
    }

    /// Sequence numbers and message IDs that stand for more than one record or message.
    var repeatedIDs: Set<String> {
        var texts: [String: String] = [:]
        var repeated: Set<String> = []
        for entry in entries {
            let name = "\(entry.shard) \(entry.id)"
            if let text = texts[name], text != entry.text { repeated.insert(name) }
            texts[name] = entry.text
        }
        return repeated
    }

    /// Texts handled by a function, in the order of handling.
    func texts(handledBy function: String) -> [String] { handled(by: function).map(\.text) }

    /// What a function did with its invocations, in order; a partial answer gives one attempt per outcome.
    func attempts(of function: String) -> [Attempt] {
        var attempts: [Attempt] = []
        var last: Entry?
        for entry in entries where entry.function == function && entry.outcome != "started" {
            let isSame =
                last?.handler == entry.handler && last?.call == entry.call && last?.outcome == entry.outcome
            let texts = isSame ? attempts.removeLast().texts : []
            attempts.append(
                Attempt(requestID: entry.requestID, outcome: entry.outcome, texts: texts + [entry.text]))
            last = entry
        }
        return attempts
    }
}

/// Sequence numbers are decimal texts of any length.
struct SequenceOrder: Comparable {
    let text: String

    static func < (left: SequenceOrder, right: SequenceOrder) -> Bool {
        left.text.utf8.count == right.text.utf8.count
            ? left.text < right.text : left.text.utf8.count < right.text.utf8.count
    }
}
