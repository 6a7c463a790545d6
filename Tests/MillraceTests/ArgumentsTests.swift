import Template
import Testing

// A program has no package interface, so its parts are reached as internals.
@testable import millrace

@Suite("The words after a verb")
struct ArgumentsTests {
    private static let verb = Verb(
        "feed", operands: "NAME", summary: "Feeds.",
        options: [
            Option("rate", "N", "Rate."), Option("json", nil, "JSON."),
            Option("template", "FILE", "Template.", isRepeatable: true),
        ])

    private func parse(_ words: String...) throws -> Arguments {
        try Arguments(parsing: words, for: Self.verb)
    }

    @Test("Flags take their value behind a space or an equals sign")
    func values() throws {
        #expect(try parse("--rate", "5")["rate"]?.text == "5")
        #expect(try parse("--rate=-5")["rate"]?.text == "-5")
        #expect(try parse("--rate=a=b")["rate"]?.text == "a=b")
    }

    @Test("Operands stand anywhere, and after two dashes everything is one")
    func operands() throws {
        #expect(try parse("a", "--json", "b", "-").operands == ["a", "b", "-"])
        #expect(try parse("--", "--json").operands == ["--json"])
        #expect(try parse("--", "--json").has("json") == false)
    }

    @Test("A repeatable flag keeps every value")
    func repeatable() throws {
        #expect(try parse("--template", "a", "--template=b").all("template") == ["a", "b"])
    }

    @Test(
        "What cannot be meant is refused with what to do",
        arguments: [
            (["--rat", "5"], "millrace feed has no flag --rat. Did you mean --rate?"),
            (["--zzzzzz"], "millrace feed has no flag --zzzzzz. See millrace feed --help."),
            (["-x"], "millrace feed has no flag -x. See millrace feed --help."),
            (["--rate"], "--rate needs a value: --rate N."),
            (["--rate", "--json"], "--rate needs a value: --rate N."),
            (["--json=yes"], "--json takes no value."),
            (["--rate", "1", "--rate", "2"], "--rate is given twice; it takes one value."),
        ] as [([String], String)])
    func refusals(words: [String], message: String) {
        #expect(throws: UsageError(message)) { try Arguments(parsing: words, for: Self.verb) }
    }

    @Test("The help shows every flag in one column")
    func help() {
        #expect(
            Self.verb.help == """
                usage: millrace feed NAME [flags]

                Feeds.

                  --rate N         Rate.
                  --json           JSON.
                  --template FILE  Template.
                  --help           Show this text.

                """)
    }
}

@Suite("A setting's text")
struct SettingTests {
    private func setting(_ text: String) -> Setting { Setting(text: text, origin: "--x") }

    @Test(
        "Lengths of time have units, seconds by default",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("2", 2_000), ("1.5m", 90_000), ("2h", 7_200_000), ("0", 0),
        ]
            as [(String, Int64)])
    func duration(text: String, milliseconds: Int64) throws {
        #expect(try setting(text).duration() == .milliseconds(milliseconds))
    }

    @Test(
        "Shares are percentages or fractions", arguments: [("1%", 0.01), ("0.5", 0.5), ("100%", 1), ("0", 0)])
    func share(text: String, fraction: Double) throws {
        #expect(try setting(text).fraction() == fraction)
    }

    @Test(
        "Sizes count in 1,024", arguments: [("512", 512), ("1k", 1_024), ("2KB", 2_048), ("1M", 1_048_576)])
    func size(text: String, bytes: Int) throws {
        #expect(try setting(text).bytes(in: 1...2_000_000) == bytes)
    }

    @Test(
        "Nonsense is refused by name",
        arguments: ["", "x", "-1", "1e999", "٣", "nan", "9999999999999999999k"])
    func nonsense(text: String) {
        #expect(throws: UsageError.self) { try setting(text).duration() }
        #expect(throws: UsageError.self) { try setting(text).fraction() }
        #expect(throws: UsageError.self) { try setting(text).bytes(in: 1...100) }
        #expect(throws: UsageError.self) { try setting(text).integer(in: 0...100) }
        #expect(throws: UsageError.self) { try setting(text).number() }
    }
}

@Suite("A guess at what was meant")
struct SuggestionTests {
    @Test(
        "One edit in three letters is near enough",
        arguments: [
            ("hots", "host"), ("prot", "port"), ("duribility", "durability"), ("xyz", nil), ("", nil),
        ] as [(String, String?)])
    func nearest(word: String, guess: String?) {
        #expect(Suggestion.nearest(to: word, among: ["host", "port", "durability"]) == guess)
    }
}
