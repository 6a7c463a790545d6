import Template

extension ServeConfiguration {
    /// What the command line asks for.
    enum Request: Equatable {
        case serve(ServeConfiguration)
        /// `--help` was given; the text goes to standard output.
        case help(String)
    }

    static let verb = Verb(
        "serve", summary: "Runs the daemon until SIGTERM or SIGINT.",
        options: [
            Option("config", "FILE", "YAML file with any of these settings; flags and environment beat it."),
            Option("data", "DIR", "Where everything is kept (default ./millrace-data)."),
            Option("host", "ADDRESS", "Address to listen on (default 127.0.0.1)."),
            Option("port", "N", "Port to listen on, 0 for a free one (default 4566)."),
            Option(
                "template", "FILE", "SAM or CloudFormation template to apply; repeatable.", isRepeatable: true
            ),
            Option(
                "parameter", "NAME=VALUE", "Value for a template parameter; repeatable.", isRepeatable: true),
            Option(
                "durability", "full|normal",
                "full: what was acknowledged survives power loss (default);\nnormal: it survives a crash of the daemon."
            ),
            Option("log-format", "text|json", "One line per event (default text)."),
            Option("log-level", "LEVEL", "trace, debug, info, warn or error (default info)."),
            Option("drain-timeout", "TIME", "How long invocations may go on after a signal (default 30s)."),
            Option("access-key", "KEY", "Check signatures (SigV4) against this key …"),
            Option("secret-key", "SECRET", "… and this secret. Needed to listen beyond loopback."),
            Option(
                "table-shard-lifetime", "TIME",
                "Age at which a table's stream goes on in a new shard (default 4h)."),
            Option("concurrency", "N", "Handler processes at a time, all functions together (default 1000)."),
            Option(
                "kinesis-limits", "off|on",
                "on: a Kinesis shard takes 1 MB and 1,000 records and gives 2 MB\nin 5 reads a second, as on AWS (default off)."
            ),
            Option(
                "sqs-limits", "off|on",
                "on: a FIFO queue, or each message group of it (FifoThroughputLimit), takes\n300 calls of each kind a second, as on AWS (default off)."
            ),
        ],
        notes: """
            Each setting is also an environment variable (MILLRACE_LOG_LEVEL) and a key of the configuration file
            (log-level). Relative paths start at the working directory.
            """)

    /// Reads flags, environment and configuration file.
    ///
    /// - Parameters:
    ///   - arguments: What follows `serve`.
    ///   - environment: All variables of the process; those that start with `MILLRACE_` count.
    static func read(
        arguments: [String], environment: [String: String]
    ) throws(UsageError) -> Request {
        let given = try Arguments(parsing: arguments, for: verb)
        if given.has("help") { return .help(verb.help) }
        try given.expectOperands(atMost: 0, of: verb)
        var layers: [String: [Setting]] = [:]
        let options = verb.options.filter { $0.name != "help" }
        if let file = given["config"]?.text ?? environment["MILLRACE_CONFIG"] {
            layers = try settings(inFile: file, options)
        }
        for option in options {
            if let value = environment[option.variable] {
                layers[option.name] = values(value, option).map { Setting(text: $0, origin: option.variable) }
            }
            let flags = given.all(option.name)
            if !flags.isEmpty { layers[option.name] = flags.map { Setting(text: $0, origin: option.flag) } }
        }
        var configuration = try ServeConfiguration(settings: layers)
        configuration.warnings = unknownVariables(environment, options)
        return .serve(configuration)
    }

    /// Lists are separated by commas in a variable.
    private static func values(_ text: String, _ option: Option) -> [String] {
        option.isRepeatable ? text.split(separator: ",").map(String.init) : [text]
    }

    /// Others may own variables of this prefix (Kubernetes makes some for a service of our name), so these are
    /// worth a warning only.
    private static func unknownVariables(_ environment: [String: String], _ options: [Option]) -> [String] {
        let known = Set(options.map(\.variable))
        return environment.keys.filter { $0.hasPrefix("MILLRACE_") && !known.contains($0) }.sorted().map {
            name in
            let guess = Suggestion.nearest(to: name, among: known.sorted()).map { " Did you mean \($0)?" }
            return "The environment variable \(name) means nothing here.\(guess ?? "")"
        }
    }
}

// MARK: - File

extension ServeConfiguration {
    private static func settings(
        inFile path: String, _ options: [Option]
    ) throws(UsageError) -> [String: [Setting]] {
        let root: DocumentNode
        do { root = try DocumentReader.read(file: path) } catch { throw UsageError(error.description) }
        if root.isNull { return [:] }
        guard let members = root.members else {
            throw UsageError("\(path) has to be a map of settings, but is \(root.kindName).")
        }
        var settings: [String: [Setting]] = [:]
        for member in members {
            let origin = "\(path):\(member.keyPlace.line): \(member.key)"
            guard let option = options.first(where: { $0.name == member.key && $0.name != "config" }) else {
                let guess = Suggestion.nearest(to: member.key, among: options.map(\.name))
                throw UsageError("\(origin) is no setting." + (guess.map { " Did you mean \($0)?" } ?? ""))
            }
            if member.value.isNull { continue }
            settings[option.name] = try texts(member.value, option, origin).map {
                Setting(text: $0, origin: origin)
            }
        }
        return settings
    }

    private static func texts(
        _ node: DocumentNode, _ option: Option, _ origin: String
    ) throws(UsageError) -> [String] {
        if let text = node.text { return [text] }
        guard option.isRepeatable else {
            throw UsageError("\(origin) takes one value, not \(node.kindName).")
        }
        if let elements = node.elements {
            let texts = elements.compactMap(\.text)
            guard texts.count == elements.count else { throw UsageError("\(origin) takes a list of texts.") }
            return texts
        }
        let pairs = (node.members ?? []).compactMap { member in
            member.value.text.map { "\(member.key)=\($0)" }
        }
        guard option.name == "parameter", pairs.count == node.members?.count else {
            throw UsageError("\(origin) takes a list of texts.")
        }
        return pairs
    }
}

// MARK: - Values

extension ServeConfiguration {
    private init(settings: [String: [Setting]]) throws(UsageError) {
        self.init()
        if let setting = settings["data"]?.last { dataDirectory = setting.text }
        if let setting = settings["host"]?.last { host = setting.text }
        if let setting = settings["port"]?.last { port = UInt16(try setting.integer(in: 0...65_535)) }
        templates = (settings["template"] ?? []).map(\.text)
        for setting in settings["parameter"] ?? [] {
            let (name, value) = try setting.pair()
            templateParameters[name] = value
        }
        if let setting = settings["durability"]?.last { durability = try setting.choice(Durability.self) }
        if let setting = settings["log-format"]?.last { logFormat = try setting.choice(LogFormat.self) }
        if let setting = settings["log-level"]?.last { logLevel = try setting.choice(LogLevel.self) }
        if let setting = settings["drain-timeout"]?.last { drainTimeout = try setting.duration() }
        if let setting = settings["concurrency"]?.last {
            concurrencyLimit = try setting.integer(in: 1...1_000)
        }
        if let setting = settings["kinesis-limits"]?.last {
            kinesisLimits = try setting.choice(KinesisLimits.self)
        }
        if let setting = settings["sqs-limits"]?.last { sqsLimits = try setting.choice(SQSLimits.self) }
        if let setting = settings["table-shard-lifetime"]?.last {
            tableShardLifetime = try setting.duration()
            guard tableShardLifetime >= Self.shortestShardLifetime else {
                throw UsageError(
                    "\(setting.origin) has to be at least 1s, because each shard spends a key for ever.")
            }
        }
        credentials = try Self.credentials(settings["access-key"]?.last, settings["secret-key"]?.last)
        try checkBinding()
    }

    private static let shortestShardLifetime = Duration.seconds(1)

    private static func credentials(
        _ accessKey: Setting?, _ secretKey: Setting?
    ) throws(UsageError) -> Credentials? {
        switch (accessKey, secretKey) {
        case (nil, nil): return nil
        case (let accessKey?, let secretKey?):
            guard !accessKey.text.isEmpty, !secretKey.text.isEmpty else {
                throw UsageError("The access key and the secret key must not be empty.")
            }
            return Credentials(accessKey: accessKey.text, secretKey: secretKey.text)
        case (let given?, nil):
            throw UsageError("\(given.origin) needs --secret-key (MILLRACE_SECRET_KEY) too.")
        case (nil, let given?):
            throw UsageError("\(given.origin) needs --access-key (MILLRACE_ACCESS_KEY) too.")
        }
    }

    private func checkBinding() throws(UsageError) {
        // A name such as 127.example.com may lead anywhere, so only digits and dots count.
        let isLoopbackNumber = host.hasPrefix("127.") && host.allSatisfy { $0.isWholeNumber || $0 == "." }
        let isLoopback = host == "localhost" || host == "::1" || isLoopbackNumber
        guard !isLoopback, credentials == nil else { return }
        throw UsageError(
            """
            Listening on \(host) is refused: without credentials Millrace accepts any signature, so everybody who \
            reaches this address could read and write all data and run the functions. Give --access-key and \
            --secret-key (or MILLRACE_ACCESS_KEY and MILLRACE_SECRET_KEY), then signatures are checked; \
            or stay with --host 127.0.0.1.
            """)
    }
}
