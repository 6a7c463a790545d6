import EventModel
import Testing

private let streamFacts = MappingFacts(
    functionTimeoutSeconds: 3, source: .stream, now: Timestamp(millisecondsSinceEpoch: 1_720_000_000_000))

private func request(
    _ source: String, _ change: (inout MappingRequest) -> Void
) -> MappingRequest {
    var request = MappingRequest()
    request.eventSourceARN = source
    request.functionName = "fn"
    change(&request)
    return request
}

private func streamRequest(_ change: (inout MappingRequest) -> Void) -> MappingRequest {
    request("arn:aws:kinesis:us-east-1:000000000000:stream/clicks") {
        $0.startingPosition = "TRIM_HORIZON"
        change(&$0)
    }
}

private func refusal(_ request: MappingRequest, _ facts: MappingFacts = streamFacts) -> ConfigurationError? {
    do {
        _ = try request.checked(with: facts, in: Location())
        return nil
    } catch { return error }
}

@Suite("Destinations in a mapping request")
struct MappingDestinationTests {
    @Test(
        "A destination is a standard queue, a standard topic or a whole bucket that is there",
        arguments: [
            ("arn:aws:sqs:us-east-1:000000000000:q", nil), ("arn:aws:sns:us-east-1:000000000000:t", nil),
            ("arn:aws:s3:::b", nil),
            ("arn:aws:sqs:us-east-1:000000000000:q.fifo", ": it is a FIFO queue."),
            ("arn:aws:sns:us-east-1:000000000000:t.fifo", ": it is a FIFO topic."),
            ("arn:aws:s3:::b/folder", ": it has to name a bucket as a whole."),
            ("arn:aws:events:us-east-1:000000000000:event-bus/default", "."),
        ] as [(String, String?)])
    func destinations(arn: String, refusal end: String?) throws {
        let failing = streamRequest { $0.onFailureDestination = arn }
        let succeeding = streamRequest { $0.successReportDestination = arn }
        if let end {
            let words = "The destination ARN \(arn) is invalid\(end)"
            #expect(refusal(failing)?.message == words)
            #expect(refusal(succeeding)?.message == words)
        } else {
            let settings = try failing.checked(with: streamFacts, in: Location()).settings
            #expect(settings.stream?.onFailureDestination == ARN(arn))
            let other = try succeeding.checked(with: streamFacts, in: Location()).settings
            #expect(other.stream?.onSuccessDestination == ARN(arn))
        }
    }

    @Test("A destination that is not there is refused, each by its own")
    func missingDestinations() {
        var facts = streamFacts
        facts.destinationExists = false
        let topic = "arn:aws:sns:us-east-1:000000000000:t"
        let words = "The destination ARN \(topic) is invalid: the topic does not exist."
        #expect(refusal(streamRequest { $0.onFailureDestination = topic }, facts)?.message == words)
        #expect(refusal(streamRequest { $0.successReportDestination = topic }, facts) == nil)
        facts = streamFacts
        facts.successDestinationExists = false
        #expect(refusal(streamRequest { $0.successReportDestination = topic }, facts)?.message == words)
    }
}
