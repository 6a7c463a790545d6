/// `millrace serve`: the daemon.
enum ServeCommand {
    /// Runs until a signal ends it. The result is the exit code of the process.
    static func run(_ arguments: [String]) -> Int32 {
        StandardError.write("millrace serve: this build has no daemon yet.\n")
        return 1
    }
}
