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
    }

    /// - Parameters:
    ///   - bytes: The answer's body.
    ///   - index: The place in the batch of the record with this sequence number, 0 for the first; `nil` if not in it.
    package init(ofStream bytes: [UInt8], index: (String) -> Int?) {
        fatalError("pending")
    }

    /// - Parameters:
    ///   - bytes: The answer's body.
    ///   - index: The place in the batch of the message with this `messageId`, 0 for the first; `nil` if not in it.
    package init(ofQueue bytes: [UInt8], index: (String) -> Int?) {
        fatalError("pending")
    }
}
