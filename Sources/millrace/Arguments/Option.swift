/// A flag that a verb takes, with what `--help` says about it.
struct Option: Equatable, Sendable {
    /// Without dashes: `drain-timeout`. Also the key in the configuration file.
    let name: String
    /// What stands for the value in the help (`N`, `DIR`); `nil` for a switch.
    let value: String?
    let help: String
    let isRepeatable: Bool

    init(_ name: String, _ value: String? = nil, _ help: String, isRepeatable: Bool = false) {
        self.name = name
        self.value = value
        self.help = help
        self.isRepeatable = isRepeatable
    }

    var flag: String { "--" + name }

    /// `MILLRACE_DRAIN_TIMEOUT` for `drain-timeout`.
    var variable: String {
        "MILLRACE_" + name.map { $0 == "-" ? "_" : $0.uppercased() }.joined()
    }
}

/// What a verb does and takes, as its help shows it.
struct Verb: Sendable {
    let name: String
    /// What follows the verb: `[MAPPING]`; empty for nothing.
    let operands: String
    let summary: String
    let options: [Option]
    /// More paragraphs below the flags.
    let notes: String

    init(_ name: String, operands: String = "", summary: String, options: [Option], notes: String = "") {
        self.name = name
        self.operands = operands
        self.summary = summary
        self.options = options + [Option("help", nil, "Show this text.")]
        self.notes = notes
    }

    var help: String {
        let heads = options.map { $0.value == nil ? $0.flag : "\($0.flag) \($0.value ?? "")" }
        let width = (heads.map(\.count).max() ?? 0) + 2
        let lines = zip(heads, options).map { head, option in
            "  " + head.padded(to: width) + option.help.indentedAfterFirstLine(by: width + 2)
        }
        let usage = ["usage: millrace", name, operands, "[flags]"].filter { !$0.isEmpty }.joined(
            separator: " ")
        let parts = [usage, summary, lines.joined(separator: "\n"), notes]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }
}
