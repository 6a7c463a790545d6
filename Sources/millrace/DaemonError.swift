/// Why the daemon could not start; the description is what the user reads.
struct DaemonError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
