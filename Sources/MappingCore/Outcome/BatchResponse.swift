import ByteCoding

/// A handler's answer when `ReportBatchItemFailures` is on, interpreted (esm-streams.md §4.4, esm-sqs.md §4).
///
/// When the feature is off, do not ask: any answer without a function error is a success.
package enum BatchResponse: Equatable, Sendable {
    case success
    /// Indices in the batch of the items that failed: ascending, unique, at least one.
    case failed([Int])
    case wholeBatch(Reason)

    /// Why an answer fails the whole batch.
    package enum Reason: String, Equatable, Sendable {
        case notJSON
        /// JSON, but neither an object nor one of the empty answers.
        case notAnObject
        /// An object with members, none of which is `batchItemFailures`.
        case wrongKey
        case failuresNotAList
        /// An element of the list is not an object or has no `itemIdentifier`.
        case identifierMissing
        case identifierNull
        case identifierEmpty
        case identifierNotAString
        case identifierNotInBatch
        /// The answer to an event of a tumbling window has no object `state` (esm-streams.md §6).
        case stateMissing
    }
}

// MARK: - Interpretation

extension BatchResponse {
    /// - Parameters:
    ///   - bytes: The answer's body.
    ///   - index: The place in the batch of the record with this sequence number, 0 for the first; `nil` if not in it.
    package init(ofStream bytes: [UInt8], index: (String) -> Int?) {
        // Where the text goes wrong does not matter for what happens next, so the error is dropped.
        guard let answer = try? JSONValue(parsing: bytes) else {
            self = .wholeBatch(.notJSON)
            return
        }
        switch answer {
        case .null, .string(""), .array([]): self = .success
        case .object(let answer): self = Self.interpret(answer, index: index)
        case .array, .string, .number, .bool: self = .wholeBatch(.notAnObject)
        }
    }

    /// - Parameters:
    ///   - bytes: The answer's body.
    ///   - index: The place in the batch of the message with this `messageId`, 0 for the first; `nil` if not in it.
    package init(ofQueue bytes: [UInt8], index: (String) -> Int?) {
        // Where the text goes wrong does not matter for what happens next, so the error is dropped.
        guard let answer = try? JSONValue(parsing: bytes) else {
            self = .wholeBatch(.notJSON)
            return
        }
        switch answer {
        case .null: self = .success
        case .object(let answer): self = Self.interpret(answer, index: index)
        case .array, .string, .number, .bool: self = .wholeBatch(.notAnObject)
        }
    }

    private static func interpret(_ answer: JSONObject, index: (String) -> Int?) -> BatchResponse {
        if answer.isEmpty { return .success }
        guard let list = answer["batchItemFailures"] else { return .wholeBatch(.wrongKey) }
        switch list {
        case .null: return .success
        case .array(let items): return interpret(items, index: index)
        case .object, .string, .number, .bool: return .wholeBatch(.failuresNotAList)
        }
    }

    /// One identifier that cannot be used fails the whole batch, whatever the others say.
    private static func interpret(_ items: [JSONValue], index: (String) -> Int?) -> BatchResponse {
        var failed: Set<Int> = []
        for item in items {
            switch place(of: item["itemIdentifier"], index: index) {
            case .success(let place): failed.insert(place)
            case .failure(let unusable): return .wholeBatch(unusable.reason)
            }
        }
        return failed.isEmpty ? .success : .failed(failed.sorted())
    }

    private struct Unusable: Error { let reason: Reason }

    private static func place(
        of identifier: JSONValue?, index: (String) -> Int?
    ) -> Result<Int, Unusable> {
        guard let identifier else { return .failure(Unusable(reason: .identifierMissing)) }
        switch identifier {
        case .null: return .failure(Unusable(reason: .identifierNull))
        case .string(""): return .failure(Unusable(reason: .identifierEmpty))
        case .string(let text):
            guard let place = index(text) else { return .failure(Unusable(reason: .identifierNotInBatch)) }
            return .success(place)
        case .object, .array, .number, .bool: return .failure(Unusable(reason: .identifierNotAString))
        }
    }
}
