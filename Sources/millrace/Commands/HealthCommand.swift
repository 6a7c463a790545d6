import ByteCoding

/// `millrace health`: for health checks of containers and service managers.
enum HealthCommand {
    static let verb = Verb(
        "health",
        summary: "Ends with exit code 0 if the daemon can serve, with 1 if it cannot or is not there.",
        options: [Endpoint.option, Option("json", nil, "Print JSON.")])

    static func run(_ words: [String], environment: [String: String]) throws -> Int32 {
        let arguments = try Arguments(parsing: words, for: verb)
        if arguments.has("help") {
            StandardOutput.write(verb.help)
            return 0
        }
        try arguments.expectOperands(atMost: 0, of: verb)
        let client = try ServiceClient(
            endpoint: Endpoint.chosen(arguments, environment), environment: environment)
        let isReady = try client.isReady()
        let json: JSONValue = ["ready": .bool(isReady), "endpoint": .string(client.endpoint)]
        StandardOutput.write(arguments.has("json") ? json.text + "\n" : isReady ? "ready\n" : "draining\n")
        return isReady ? 0 : 1
    }
}
