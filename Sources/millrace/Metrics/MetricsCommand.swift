import ByteCoding

/// `millrace metrics`: what CloudWatch shows of functions and mappings, as a table, as a curve, as JSON.
enum MetricsCommand {
    static let verb = Verb(
        "metrics", operands: "[METRIC]",
        summary: """
            Shows CloudWatch's metrics of functions and mappings over the last hour: totals and a curve for each.
            METRIC is a name such as IteratorAge or Errors; one metric alone is drawn larger.
            """,
        options: [
            Endpoint.option,
            Option(
                "of", "NAME", "Of a function, a mapping (its ID or the beginning of it) or a source only."),
            Option("since", "TIME", "How far to look back (default 1h, at most 15 days)."),
            Option("namespace", "NAME", "Where to look (default AWS/Lambda); your own metrics are in yours."),
            Option("all", nil, "Also those of the account, and by version or alias."),
            Option("json", nil, "Print JSON, with each point."),
        ],
        notes: """
            The curve is the sum of each step for counts, and the largest value for times and for
            ConcurrentExecutions. Counts of a mapping's events (PolledEventCount …) are there for mappings with
            MetricsConfig: {Metrics: [EventCount]}.
            """)

    /// Steps of a curve.
    static let steps = 60
    /// Metrics that are asked for; more have to be narrowed down.
    private static let metricsMax = 200

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 1, of: verb)
        let since = try arguments["since"]?.duration() ?? .seconds(3_600)
        guard since >= .seconds(60), since <= .seconds(15 * 86_400) else {
            throw UsageError("--since has to be from 1m to 360h, which is how long metrics are kept.")
        }
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let source = MetricSource(client: client, namespace: arguments["namespace"]?.text ?? "AWS/Lambda")
        let span = MetricSpan(since: since, now: RealClock.now())
        let mappings = try client.report("/_millrace/status", as: StatusReport.self).mappings
        var chosen = try source.list().filter { arguments.has("all") || $0.isPlain }
        if let name = arguments.operands.first {
            chosen = chosen.filter { $0.name.lowercased() == name.lowercased() }
        }
        if let word = arguments["of"]?.text { chosen = chosen.filter { $0.isOf(word, mappings) } }
        guard !chosen.isEmpty else { throw nothing(arguments) }
        guard chosen.count <= metricsMax else {
            throw CommandFailure(
                "These are \(chosen.count) metrics: name one, or narrow them down with --of.")
        }
        var curves: [MetricCurve] = []
        for metric in chosen { curves += try source.curves(of: metric, over: span) }
        if arguments.has("json") {
            StandardOutput.write(MetricsView.json(curves, source.namespace, span).text + "\n")
        } else {
            let lines = MetricsView.lines(curves, span, mappings)
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
        }
        return 0
    }

    private static func nothing(_ arguments: Arguments) -> CommandFailure {
        let what = arguments.operands.first.map { "is no metric \($0)" } ?? "are no metrics"
        let owner = arguments["of"].map { " of \($0.text)" } ?? ""
        return CommandFailure(
            "There \(what)\(owner) yet. Metrics come with the first invocation; counts of events with "
                + "MetricsConfig.")
    }
}

/// A metric by name and dimensions.
struct NamedMetric: Equatable {
    let name: String
    let dimensions: [(name: String, value: String)]

    static func == (left: NamedMetric, right: NamedMetric) -> Bool {
        left.name == right.name && left.dimensions.elementsEqual(right.dimensions, by: ==)
    }

    func value(of dimension: String) -> String? { dimensions.first { $0.name == dimension }?.value }

    /// Of one function or mapping; the same values stand under further dimensions and for the account.
    var isPlain: Bool {
        !dimensions.isEmpty && value(of: "Resource") == nil && value(of: "ExecutedVersion") == nil
    }

    /// - Parameter word: A function, the beginning of a mapping's ID, a source, or any other dimension's value. A
    ///   mapping and a source stand for their functions too.
    func isOf(_ word: String, _ mappings: [MappingStatus]) -> Bool {
        if dimensions.contains(where: { $0.value == word }) { return true }
        let meant = mappings.filter {
            $0.id.hasPrefix(word) || $0.function == word || $0.sourceName == word
        }
        let id = value(of: "EventSourceMappingUUID")
        let function = value(of: "FunctionName")
        return id?.hasPrefix(word) == true || meant.contains { $0.id == id || $0.function == function }
    }

    /// `fn`, `orders → fn`, `Town=Ulm`, `account`.
    func owner(_ mappings: [MappingStatus]) -> String {
        if let id = value(of: "EventSourceMappingUUID") {
            guard let mapping = mappings.first(where: { $0.id == id }) else {
                return "mapping \(id.prefix(8))"
            }
            return "\(mapping.sourceName) → \(mapping.function)"
        }
        if let function = value(of: "FunctionName") { return value(of: "Resource") ?? function }
        return dimensions.isEmpty
            ? "account" : dimensions.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
}
