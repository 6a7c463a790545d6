import ByteCoding

/// A handler's answer to an event of a tumbling window (esm-streams.md §6).
package struct WindowAnswer: Equatable, Sendable {
    /// The JSON of the object `state`; `nil` when there is none, which fails the invocation.
    package let state: [UInt8]?
    /// What the batch item failures say, where the mapping reports them.
    package let response: BatchResponse

    /// - Parameters:
    ///   - bytes: The answer's body.
    ///   - reportsBatchItemFailures: Whether `batchItemFailures` means something.
    ///   - index: The place in the batch of the record with this sequence number; `nil` if not in it.
    package init(_ bytes: [UInt8], reportsBatchItemFailures: Bool, index: (String) -> Int?) {
        // Where the text goes wrong does not matter for what happens next, so the error is dropped.
        guard let answer = try? JSONValue(parsing: bytes), let found = answer["state"],
            found.objectValue != nil
        else {
            state = nil
            response = .wholeBatch(.stateMissing)
            return
        }
        state = found.bytes
        let isReporting = reportsBatchItemFailures && answer["batchItemFailures"] != nil
        response = isReporting ? BatchResponse(ofStream: bytes, index: index) : .success
    }
}
