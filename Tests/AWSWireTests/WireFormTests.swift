import AWSWire
import HTTP
import Testing

@Suite("Forms on the wire")
struct WireFormTests {
    private func response(_ error: AWSError, _ service: WireService) -> HTTPResponse {
        service.response(to: error, requestID: "id")
    }

    @Test("A Query-compatible JSON error carries its old code in a header")
    func queryCompatible() {
        let error = AWSError(
            "QueueDoesNotExist", "The specified queue does not exist.",
            queryCode: "AWS.SimpleQueueService.NonExistentQueue")
        let found = response(error, .sqs)
        #expect(found.header("x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender")
        #expect(
            found.text
                == #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#
        )
        #expect(
            response(.internalFailure("disk"), .sqs).header("x-amzn-query-error")
                == "InternalFailure;Receiver")
    }

    @Test("A REST error writes Message with a capital for some exceptions, and no Type for violations")
    func rest() {
        let missing = response(AWSError("ResourceNotFoundException", "gone", status: 404), .lambda)
        #expect(missing.text == #"{"Type":"User","Message":"gone"}"#)
        #expect(missing.header("x-amzn-errortype") == "ResourceNotFoundException")
        let wrong = response(AWSError("InvalidParameterValueException", "bad"), .lambda)
        #expect(wrong.text == #"{"Type":"User","message":"bad"}"#)
        let violation = response(AWSError("ValidationException", "1 validation error"), .lambda)
        #expect(violation.text == #"{"message":"1 validation error"}"#)
    }

    @Test("A Query error escapes its text")
    func query() {
        let found = response(AWSError("X", #"<a href="b">&"#, status: 403), .sts)
        #expect(found.text.contains("<Message>&lt;a href=&quot;b&quot;&gt;&amp;</Message>"))
    }

    @Test("Form bodies are decoded; broken escapes are refused")
    func form() {
        let found = WireParameters(formEncoded: "a=1&b=x+y%26&a=%C3%A9&c".utf8)
        #expect(found?.all("a") == ["1", "é"])
        #expect(found?["b"] == "x y&")
        #expect(found?["c"]?.isEmpty == true)
        #expect(WireParameters(formEncoded: "a=%4".utf8) == nil)
        #expect(WireParameters(formEncoded: "a=%zz".utf8) == nil)
        #expect(WireParameters(formEncoded: "a=%ff".utf8) == nil)
    }

    @Test("Identifiers are UUIDs and never the same")
    func identifiers() {
        let source = IdentifierSource(seed: Array(0..<16))
        let made = (0..<1_000).map { _ in source.next() }
        #expect(Set(made).count == 1_000)
        for text in made {
            let parts = text.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4")
            #expect("89ab".contains(parts[3].first ?? "x"))
        }
    }

    @Test("Arguments have types; null is absent")
    func arguments() throws {
        let call = try CallArguments(parsing: Array(#"{"a":"x","n":3,"z":null,"m":{"k":"v"}}"#.utf8))
        #expect(try call.string("a") == "x")
        #expect(try call.int("n") == 3)
        #expect(try call.string("z") == nil)
        #expect(try call.stringMap("m")?.first?.value == "v")
        #expect(throws: AWSError.self) { try call.int("a") }
        #expect(throws: AWSError.self) { try call.refuse(["n"], of: "Op") }
        #expect(throws: AWSError.self) { try CallArguments(parsing: Array("[]".utf8)) }
    }
}
