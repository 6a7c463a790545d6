import EventModel
import Testing

@Suite("A filter policy of a subscription")
struct TopicFilterTests {
    @Test(
        "A policy that SNS refuses is refused in its words",
        arguments: [
            ("{", "FilterPolicy: failed to parse JSON."),
            ("[]", "FilterPolicy: failed to parse JSON."),
            (#"{"a":"b"}"#, #"FilterPolicy: "a" must be an object or an array"#),
            (#"{"a":[]}"#, "FilterPolicy: Empty arrays are not allowed"),
            (#"{"a":[["b"]]}"#, "FilterPolicy: Match value must be String, number, true, false, or null"),
            (#"{"a":[{"wrong":"b"}]}"#, "FilterPolicy: Unrecognized match type wrong"),
            (#"{"a":[{"exists":1}]}"#, "FilterPolicy: exists match pattern must be either true or false."),
            (#"{"a":[{"numeric":["<","x"]}]}"#, "FilterPolicy: Value of < must be numeric"),
            (
                #"{"a":[{"prefix":"x","suffix":"y"}]}"#,
                "FilterPolicy: Only one key allowed in match expression"
            ),
            (
                #"{"a":{"b":["c"]}}"#,
                "Filter policy scope MessageAttributes does not support nested filter policy"
            ),
            (
                #"{"$or":[{"a":{"b":["c"]}},{"d":["e"]}]}"#,
                "Filter policy scope MessageAttributes does not support nested filter policy"
            ),
            (
                #"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#,
                "FilterPolicy: Filter policy can not have more than 5 keys"
            ),
        ])
    func refused(text: String, words: String) {
        #expect(throws: FilterProblem(words)) { try TopicFilter(text, scope: .messageAttributes) }
    }

    @Test("Values times depth may be 150, not more")
    func complexity() throws {
        // 4 values at depth 3, 3 at depth 2 and 3 at the top: (4 × 3) × (3 × 2) × 3 = 216.
        let guide = #"{"a":{"b":{"c":["1","2","3","4"]}},"d":{"e":["1","2","3"]},"f":["1","2","3"]}"#
        #expect(throws: FilterProblem("FilterPolicy: Filter policy is too complex")) {
            try TopicFilter(guide, scope: .messageBody)
        }
        let values = (1...150).map { #""\#($0)""# }.joined(separator: ",")
        #expect(try TopicFilter("{\"a\":[\(values)]}", scope: .messageAttributes).scope == .messageAttributes)
        #expect(throws: FilterProblem("FilterPolicy: Filter policy is too complex")) {
            try TopicFilter("{\"a\":[\(values),\"x\"]}", scope: .messageAttributes)
        }
    }
}

@Suite("A delivery policy")
struct WebDeliveryPolicyTests {
    private func delays(_ policy: WebRetryPolicy) -> [Int64] {
        (1...200).prefix { policy.delay(afterAttempt: $0) != nil }
            .compactMap { policy.delay(afterAttempt: $0)?.components.seconds }
    }

    @Test("Without a policy there are three retries, 20 seconds apart")
    func standard() {
        #expect(delays(WebDeliveryPolicy.standard.retry) == [20, 20, 20])
        #expect(WebDeliveryPolicy.standard.contentType == "text/plain; charset=UTF-8")
    }

    @Test("Retries come at once, then at the least delay, then later and later, then at the greatest delay")
    func phases() throws {
        let text = """
            {"healthyRetryPolicy":{"numRetries":10,"numNoDelayRetries":2,"numMinDelayRetries":1,
            "numMaxDelayRetries":2,"minDelayTarget":10,"maxDelayTarget":50,"backoffFunction":"linear"},
            "requestPolicy":{"headerContentType":"application/json"}}
            """
        let policy = try WebDeliveryPolicy(ofSubscription: text)
        #expect(delays(policy.retry) == [0, 0, 10, 10, 20, 30, 40, 50, 50, 50])
        #expect(policy.contentType == "application/json")
    }

    @Test(
        "Every back-off begins at the least delay, ends at the greatest and never goes down",
        arguments: ["linear", "arithmetic", "geometric", "exponential"])
    func backOff(name: String) throws {
        let text = """
            {"http":{"defaultHealthyRetryPolicy":{"numRetries":9,"minDelayTarget":5,"maxDelayTarget":300,
            "backoffFunction":"\(name)"}}}
            """
        let found = delays(try WebDeliveryPolicy(ofTopic: text).retry)
        #expect(found.count == 9)
        #expect(found.first == 5)
        #expect(found.last == 300)
        #expect(found == found.sorted())
    }

    @Test(
        "A policy that makes no sense is refused",
        arguments: [
            "", "[]", #"{"other":1}"#, #"{"healthyRetryPolicy":{"numRetries":101}}"#,
            #"{"healthyRetryPolicy":{"minDelayTarget":21}}"#, #"{"healthyRetryPolicy":{"numRetries":"3"}}"#,
            #"{"healthyRetryPolicy":{"numNoDelayRetries":4}}"#,
            #"{"healthyRetryPolicy":{"backoffFunction":"none"}}"#,
            #"{"requestPolicy":{"headerContentType":"a\r\nb"}}"#,
        ])
    func refused(text: String) {
        #expect(throws: DeliveryPolicyProblem.self) { try WebDeliveryPolicy(ofSubscription: text) }
    }

    @Test("A limit on the pace is refused by name")
    func pace() {
        #expect(throws: DeliveryPolicyProblem.notSupported("throttlePolicy")) {
            try WebDeliveryPolicy(ofSubscription: #"{"throttlePolicy":{"maxReceivesPerSecond":1}}"#)
        }
    }
}
