import MappingCore
import Testing

@Suite("A handler's answer with ReportBatchItemFailures")
struct BatchResponseTests {
    private static let places = ["a": 0, "b": 1, "c": 2]

    private func stream(_ text: String) -> BatchResponse {
        BatchResponse(ofStream: Array(text.utf8)) { Self.places[$0] }
    }

    private func queue(_ text: String) -> BatchResponse {
        BatchResponse(ofQueue: Array(text.utf8)) { Self.places[$0] }
    }

    @Test(
        "These are a success for both",
        arguments: [
            #"{"batchItemFailures":[]}"#, #"{"batchItemFailures":null}"#, "{}", "null", " null ",
            #"{"other":1,"batchItemFailures":[]}"#,
        ])
    func success(text: String) {
        #expect(stream(text) == .success)
        #expect(queue(text) == .success)
    }

    @Test(
        "An empty string or list is a success for a stream, no object for a queue", arguments: [#""""#, "[]"])
    func emptyAnswers(text: String) {
        #expect(stream(text) == .success)
        #expect(queue(text) == .wholeBatch(.notAnObject))
    }

    @Test(
        "Named items failed, each once and in the batch's order",
        arguments: [
            (#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, [1]),
            (#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}"#, [0, 2]),
            (#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"c"}]}"#, [2]),
            (#"{"batchItemFailures":[{"note":1,"itemIdentifier":"\u0062"}]}"#, [1]),
            (#"{"batchItemFailures":null,"batchItemFailures":[{"itemIdentifier":"a"}]}"#, [0]),
        ] as [(String, [Int])])
    func partial(text: String, indices: [Int]) {
        #expect(stream(text) == .failed(indices))
        #expect(queue(text) == .failed(indices))
    }

    @Test(
        "These fail the whole batch",
        arguments: [
            (#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, .identifierEmpty),
            (#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, .identifierNull),
            (#"{"batchItemFailures":[{"itemIdentifier":"x"}]}"#, .identifierNotInBatch),
            (#"{"batchItemFailures":[{"itemIdentifier":123}]}"#, .identifierNotAString),
            (
                #"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"x"}]}"#,
                .identifierNotInBatch
            ),
            (#"{"batchItemFailures":[{"foo":123}]}"#, .identifierMissing),
            (#"{"batchItemFailures":[{"foo":null}]}"#, .identifierMissing),
            (#"{"batchItemFailures":[{}]}"#, .identifierMissing),
            (#"{"batchItemFailures":["a"]}"#, .identifierMissing),
            (#"{"batchItemFailures":[null]}"#, .identifierMissing),
            (#"{"batchItemFailures":{}}"#, .failuresNotAList),
            (#"{"batchItemFailures":"a"}"#, .failuresNotAList),
            (#"{"batchItemFailures":false}"#, .failuresNotAList),
            (#"{"foo":123}"#, .wrongKey), (#"{"foo":null}"#, .wrongKey),
            (#"{"BatchItemFailures":[]}"#, .wrongKey),
            ("7", .notAnObject), ("true", .notAnObject), (#""ok""#, .notAnObject), ("[1]", .notAnObject),
            ("", .notJSON), ("ok", .notJSON), (#"{"batchItemFailures":[]"#, .notJSON),
            (#"{"batchItemFailures":[]}x"#, .notJSON),
        ] as [(String, BatchResponse.Reason)])
    func wholeBatch(text: String, reason: BatchResponse.Reason) {
        #expect(stream(text) == .wholeBatch(reason))
        #expect(queue(text) == .wholeBatch(reason))
    }

    @Test("An interpretation is an outcome")
    func outcome() {
        #expect(InvocationOutcome(.success) == .succeeded)
        #expect(InvocationOutcome(.failed([1])) == .partiallyFailed([1]))
        #expect(InvocationOutcome(.wholeBatch(.notJSON)) == .failed(.badResponse(.notJSON)))
    }
}
