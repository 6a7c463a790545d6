/// A function as a template declares it.
package struct FunctionDefinition: Equatable, Sendable {
    /// How the handler is started and spoken to.
    package enum Handler: Equatable, Sendable {
        /// A process that speaks the Runtime API: `python3.x`, `provided.al2023`, … in a folder.
        /// `codePath` is absolute; `handler` is `module.function` for Python, free text for `provided*`.
        case runtime(identifier: String, handler: String, codePath: String)
        /// A command per batch: event on stdin, answer on stdout, exit code ≠ 0 is a function error.
        /// Runs in `workingDirectory` (absolute).
        case command([String], workingDirectory: String)
    }

    package let name: String
    package let location: Location
    package var handler: Handler
    /// 1...900 s.
    package var timeoutSeconds: Int
    /// 128...10,240 MB.
    package var memoryMegabytes: Int
    package var environment: [String: String]
    package var role: String
    package var description: String
    package var modifiedAt: Timestamp

    package init(
        name: String, location: Location = Location(), handler: Handler, timeoutSeconds: Int = 3,
        memoryMegabytes: Int = 128, environment: [String: String] = [:],
        role: String = "arn:aws:iam::000000000000:role/lambda-role", description: String = "",
        modifiedAt: Timestamp
    ) {
        self.name = name
        self.location = location
        self.handler = handler
        self.timeoutSeconds = timeoutSeconds
        self.memoryMegabytes = memoryMegabytes
        self.environment = environment
        self.role = role
        self.description = description
        self.modifiedAt = modifiedAt
    }

    package var arn: ARN { location.arn("lambda", "function:\(name)") }
}
