import Template

/// The words after a verb, sorted into flags and operands.
///
/// `--name value` and `--name=value` mean the same; `--` ends the flags. A value may start with a dash only in the
/// second form.
struct Arguments: Equatable {
    let operands: [String]
    /// Values by flag name, in the order given; a switch has the value `true`.
    private let values: [String: [String]]

    init(parsing words: [String], for verb: Verb) throws(UsageError) {
        var operands: [String] = []
        var values: [String: [String]] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let (option, attached) = try Self.option(word, verb)
            let value = try Self.value(of: option, attached, &rest)
            if !option.isRepeatable, values[option.name] != nil {
                throw UsageError("\(option.flag) is given twice; it takes one value.")
            }
            values[option.name, default: []].append(value)
        }
        self.operands = operands
        self.values = values
    }

    private static func option(_ word: String, _ verb: Verb) throws(UsageError) -> (Option, String?) {
        let body = word.drop { $0 == "-" }
        let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let name = word == "-h" ? "help" : parts.first ?? ""
        guard let option = verb.options.first(where: { $0.name == name }),
            word == "-h" || word.hasPrefix("--")
        else {
            let guess = Suggestion.nearest(to: name, among: verb.options.map(\.name)).map {
                " Did you mean --\($0)?"
            }
            let fallback = " See millrace \(verb.name) --help."
            throw UsageError("millrace \(verb.name) has no flag \(word).\(guess ?? fallback)")
        }
        return (option, parts.count == 2 ? parts[1] : nil)
    }

    private static func value(
        of option: Option, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let placeholder = option.value else {
            guard attached == nil else { throw UsageError("\(option.flag) takes no value.") }
            return "true"
        }
        if let attached { return attached }
        guard let next = rest.first, !next.hasPrefix("-") || next == "-" || Int(next) != nil else {
            throw UsageError("\(option.flag) needs a value: \(option.flag) \(placeholder).")
        }
        rest.removeFirst()
        return next
    }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The flag's value with the flag's name, for messages; `nil` when it was not given.
    subscript(_ name: String) -> Setting? {
        values[name]?.last.map { Setting(text: $0, origin: "--" + name) }
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// Refuses operands that the verb has no use for.
    func expectOperands(atMost count: Int, of verb: Verb) throws(UsageError) {
        guard operands.count > count else { return }
        throw UsageError(
            "millrace \(verb.name) does not know what to do with '\(operands[count])'. See millrace \(verb.name) --help."
        )
    }
}
