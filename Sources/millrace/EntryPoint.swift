import Glibc

@main
struct EntryPoint {
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the verb that comes first. The result is the exit code: 0 done, 1 failed, 2 asked for wrongly.
    static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "serve": return ServeCommand.run(Array(arguments.dropFirst()))
        default:
            StandardError.write("usage: millrace serve | feed | lag | status | explain\n")
            return 2
        }
    }
}
