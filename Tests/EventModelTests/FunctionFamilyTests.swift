import EventModel
import Testing

@Suite("Which version a call gets")
struct FunctionFamilyTests {
    private static func family() -> FunctionFamily {
        let latest = FunctionDefinition(
            name: "f", handler: .command(["true"], workingDirectory: "/"),
            modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
        var family = FunctionFamily(latest: latest)
        for number in [1, 2] {
            var version = latest
            version.version = .number(number)
            version.timeoutSeconds = number
            family.versions[number] = version
        }
        family.aliases["one"] = FunctionAlias(name: "one", version: .number(1), revisionID: "")
        family.aliases["both"] = FunctionAlias(
            name: "both", version: .number(1),
            additional: FunctionAlias.WeightedVersion(number: 2, weight: 0.25), revisionID: "")
        family.aliases["gone"] = FunctionAlias(name: "gone", version: .number(7), revisionID: "")
        return family
    }

    static let qualifiers: [(qualifier: String?, version: FunctionVersion?)] = [
        (nil, .latest), ("$LATEST", .latest), ("1", .number(1)), ("2", .number(2)), ("one", .number(1)),
        ("3", nil), ("none", nil), ("gone", nil), ("0", nil), ("01", .number(1)),
    ]

    @Test("A qualifier leads to a version that is there, or nowhere", arguments: qualifiers)
    func leads(qualifier: String?, version: FunctionVersion?) {
        #expect(Self.family().version(qualifier, draw: 0.5) == version)
        #expect(Self.family().has(qualifier: qualifier) == (version != nil))
    }

    @Test(
        "The draw divides the calls of an alias between its two versions, exactly at the weight",
        arguments: [(0.0, 2), (0.2499, 2), (0.25, 1), (0.9999, 1)])
    func weights(draw: Double, version: Int) {
        #expect(Self.family().version("both", draw: draw) == .number(version))
    }

    @Test("A weight of one leaves nothing to the main version, a weight of none everything")
    func extremes() {
        var family = Self.family()
        family.aliases["both"]?.additional?.weight = 1
        #expect(family.version("both", draw: 0.9999) == .number(2))
        family.aliases["both"]?.additional?.weight = 0
        #expect(family.version("both", draw: 0) == .number(1))
    }

    @Test("The main version speaks for an alias with two")
    func main() {
        #expect(Self.family().definition(qualifier: "both")?.timeoutSeconds == 1)
        #expect(Self.family().allVersions.map(\.version) == [.latest, .number(1), .number(2)])
    }

    @Test("Only what a handler can notice needs another environment, and a new version")
    func likeness() {
        let latest = Self.family().latest
        var told = latest
        told.description = "d"
        told.role = "r"
        told.revisionID = "x"
        #expect(told.runsLike(latest) && !told.publishesLike(latest))
        told.role = latest.role
        #expect(told.publishesLike(latest))
        var changed = latest
        changed.environment["A"] = "1"
        #expect(!changed.runsLike(latest) && !changed.publishesLike(latest))
    }
}

@Suite("Requests for functions")
struct FunctionRequestTests {
    private func message(_ change: (inout FunctionRequest) -> Void) -> String? {
        var request = FunctionRequest()
        request.functionName = "f"
        request.role = "arn:aws:iam::000000000000:role/r"
        request.runtime = "python3.12"
        request.handler = "a.b"
        change(&request)
        do throws(ConfigurationError) {
            try request.checkConstraints(isCreate: true)
            try request.checkRules(isCreate: true)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("Everything within its bounds is taken, the bounds included")
    func good() {
        #expect(message { _ in } == nil)
        for runtime in FunctionLimits.runtimes { #expect(message { $0.runtime = runtime } == nil) }
        #expect(
            message {
                $0.timeout = 900
                $0.memorySize = 10_240
                $0.description = String(repeating: "d", count: 256)
                $0.handler = String(repeating: "h", count: 128)
                $0.layers = (1...5).map { "arn:aws:lambda:us-east-1:000000000000:layer:l\($0):1" }
                // Measured as JSON: {"AA":"…"} has nine bytes around the value.
                $0.variables = ["AA": String(repeating: "x", count: 4_096 - 9)]
            } == nil)
    }

    @Test("Several broken constraints are told together")
    func several() {
        let text = message {
            $0.timeout = 0
            $0.memorySize = 1
        }
        #expect(
            text
                == "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member must "
                + "have value greater than or equal to 1; Value '1' at 'memorySize' failed to satisfy constraint: "
                + "Member must have value greater than or equal to 128")
    }

    @Test("One byte of environment too many is refused, as is every reserved name")
    func environment() {
        let large = message { $0.variables = ["AA": String(repeating: "x", count: 4_096 - 8)] }
        #expect(large?.contains("exceeded the 4KB limit. String measured: {\"AA\":\"xx") == true)
        for name in FunctionLimits.reservedVariables {
            let text = message { $0.variables = [name: "x"] }
            #expect(text?.hasSuffix("Reserved keys used in this request: \(name)") == true)
        }
    }

    @Test("A function that runs a command keeps it")
    func command() {
        var function = FunctionDefinition(
            name: "f", handler: .command(["true"], workingDirectory: "/"),
            modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
        var request = FunctionRequest()
        request.timeout = 9
        #expect(throws: Never.self) { try request.apply(to: &function) }
        #expect(function.timeoutSeconds == 9)
        request.handler = "a.b"
        #expect(throws: ConfigurationError.self) { try request.apply(to: &function) }
    }

    @Test("A smaller limit leaves a tenth of itself unreserved, a large one AWS's hundred")
    func unreserved() {
        #expect(
            [1, 10, 100, 1_000].map { ReservedConcurrency.unreservedMinimum(ofLimit: $0) } == [0, 1, 10, 100])
    }
}
