import LogsService
import Testing

@Suite("Filter patterns of log events")
struct FilterPatternTests {
    static let terms: [(pattern: String, message: String, matches: Bool)] = [
        ("", "anything", true),
        ("ERROR", "an ERROR came", true),
        ("ERROR", "an error came", false),
        ("ERROR came", "came an ERROR", true),
        ("ERROR came", "an ERROR", false),
        (#""an ERROR""#, "an ERROR came", true),
        (#""ERROR an""#, "an ERROR came", false),
        (#""say \"hi\"""#, #"say "hi" to it"#, true),
        ("?ERROR ?WARN", "a WARN", true),
        ("?ERROR ?WARN", "a HINT", false),
        ("ERROR -timeout", "ERROR: disk", true),
        ("ERROR -timeout", "ERROR: timeout", false),
        (#"-"exit 0""#, "exit 0", false),
        (#"-"exit 0""#, "exit 1", true),
        ("ERROR ?nothing", "ERROR", true),
        ("Straße", "in der Straße", true),
        ("%AUTH[0-9]{2}%", "AUTH42 came", true),
        ("%AUTH[0-9]{2}%", "AUTH4 came", false),
        (#"%^\d+\s\w+$%"#, "12 apes", true),
        (#"%^\D+$%"#, "12", false),
        ("?%a+b% ?c1", "xaab", true),
        ("aab", "aaab", true),
    ]

    @Test("Terms of any text", arguments: terms)
    func term(_ pattern: String, _ message: String, matches: Bool) throws {
        #expect(try FilterPattern(pattern).matches(message) == matches)
    }

    static let conditions: [(pattern: String, matches: Bool)] = [
        (#"{ $.level = "ERROR" }"#, true),
        (#"{ $.level = ERROR }"#, true),
        (#"{ $.level = "error" }"#, false),
        (#"{ $.level = "ERR*" }"#, true),
        (#"{ $.level = "*RO*" }"#, true),
        (#"{ $.level = "*X*" }"#, false),
        (#"{ $.level != "INFO" }"#, true),
        (#"{ $.gone != "INFO" }"#, false),
        (#"{ $.n > 3 }"#, true),
        (#"{ $.n >= 4.5 }"#, true),
        (#"{ $.n < 4.5 }"#, false),
        (#"{ $.n <= 45e-1 }"#, true),
        (#"{ $.n = 4.50 }"#, true),
        (#"{ $.level > 3 }"#, false),
        (#"{ $.level = "ERROR" && $.n > 3 }"#, true),
        (#"{ $.level = "INFO" || $.n > 3 }"#, true),
        (#"{ ($.level = "INFO" || $.n > 3) && $.ok IS TRUE }"#, true),
        (#"{ $.level = "INFO" && $.n > 3 || $.ok IS TRUE }"#, true),
        (#"{ $.level = "INFO" && ($.n > 3 || $.ok IS TRUE) }"#, false),
        (#"{ $.ok IS FALSE }"#, false),
        (#"{ $.none IS NULL }"#, true),
        (#"{ $.gone IS NULL }"#, false),
        (#"{ $.gone NOT EXISTS }"#, true),
        (#"{ $.none NOT EXISTS }"#, false),
        (#"{ $.users[1].name = "Ada" }"#, true),
        (#"{ $.users[0].name = "Ada" }"#, false),
        (#"{ $.users[*].name = "Ada" }"#, true),
        (#"{ $.users[9].name NOT EXISTS }"#, true),
        (#"{ $.level = %^E.+R$% }"#, true),
        (#"{ $.ip = 127.0.* }"#, true),
        (#"{ $['odd key'] = 1 }"#, true),
    ]

    @Test("Conditions on JSON", arguments: conditions)
    func condition(_ pattern: String, matches: Bool) throws {
        let message = """
            {"level": "ERROR", "n": 4.5, "ok": true, "none": null, "ip": "127.0.0.1", "odd key": 1,
             "users": [{"name": "Bo"}, {"name": "Ada"}]}

            """
        #expect(try FilterPattern(pattern).matches(message) == matches)
        #expect(try !FilterPattern(pattern).matches("no JSON"))
    }

    static let refused: [(pattern: String, why: PatternProblem)] = [
        ("a-b", .characters(term: "a-b")),
        ("?", .characters(term: "")),
        (#""open"#, .invalid("a quoted text does not end.")),
        ("%open", .invalid("a regular expression does not end.")),
        ("%(a)%", .invalid("%(a)% has a group; filter patterns have none.")),
        ("%a{9}{9}%", .invalid("%a{9}{9}% has one quantifier behind another.")),
        ("%a{999}%", .invalid("%a{999}% has counts that are not 0 to 255.")),
        ("%[a%", .invalid("%[a% has a bracket that does not end.")),
        ("{ level = 1 }", .invalid("a condition has to begin with a selector such as $.level.")),
        ("{ $.a ~ 1 }", .invalid("a selector has no operator: one of = != < <= > >=, IS or NOT EXISTS.")),
        ("{ $.a > x }", .invalid("> compares with numbers only.")),
        ("{ $.a = 1", .invalid("} is missing.")),
        ("{ $.a = 1 } b", .invalid("something stands behind the closing brace.")),
        (
            "[ip, user]",
            .unsupported(
                "Millrace does not support filter patterns for space-delimited messages ([column, …]) yet.")
        ),
    ]

    @Test("What is no pattern is refused with the reason", arguments: refused)
    func refusal(_ pattern: String, why: PatternProblem) {
        #expect(throws: why) { try FilterPattern(pattern) }
    }

    @Test("Parentheses go 32 deep")
    func depth() throws {
        let inner = "$.a = 1"
        let fits = String(repeating: "(", count: 32) + inner + String(repeating: ")", count: 32)
        #expect(try FilterPattern("{\(fits)}").matches(#"{"a":1}"#))
        #expect(throws: PatternProblem.invalid("it has too many parentheses in each other.")) {
            try FilterPattern("{(\(fits))}")
        }
    }
}
