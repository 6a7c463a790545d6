import Glibc
import Template

@main
struct EntryPoint {
    static let usage = """
        Millrace \(Version.text): queues and streams that call functions, as AWS Lambda's event source mappings do.

        usage: millrace VERB [flags]

          serve     run the daemon
          status    mappings, queues and streams: states, counts, what they wait for
          lag       how far mappings are behind, per shard; --watch shows it live
          metrics   what CloudWatch shows of functions and mappings, with curves
          logs      what a function printed; --follow shows it live
          queue     one queue with its policies; move its dead letters back
          explain   why a mapping retried, bisected or gave up records
          feed      send test records to a stream, queue or table
          health    exit 0 if the daemon can serve, for health checks
          demo      a daemon, three sources and handlers, and poison among the records, for 20 seconds
          help      this text

        millrace VERB --help says more. Exit codes: 0 done, 1 failed, 2 asked for wrongly.

        """

    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.variables))
    }

    /// Runs the verb that comes first. The result is the exit code.
    static func run(_ words: [String], environment: [String: String]) -> Int32 {
        let rest = Array(words.dropFirst())
        do {
            switch words.first {
            case "serve": return ServeCommand.run(rest)
            case "status": return try StatusCommand.run(rest, environment: environment)
            case "health": return try HealthCommand.run(rest, environment: environment)
            case "lag": return try LagCommand.run(rest, environment: environment)
            case "metrics": return try MetricsCommand.run(rest, environment: environment)
            case "logs": return try LogsCommand.run(rest, environment: environment)
            case "queue": return try QueueCommand.run(rest, environment: environment)
            case "explain": return try ExplainCommand.run(rest, environment: environment)
            case "feed": return try FeedCommand.run(rest, environment: environment)
            case "demo": return try DemoCommand.run(rest, environment: environment)
            case "help", "--help", "-h":
                StandardOutput.write(usage)
                return 0
            case "--version", "version":
                StandardOutput.write(Version.text + "\n")
                return 0
            case nil:
                StandardError.write(usage)
                return 2
            case let word?: throw unknown(word)
            }
        } catch let error as UsageError {
            StandardError.write("millrace: \(error)\n")
            return 2
        } catch {
            StandardError.write("millrace: \(error)\n")
            return 1
        }
    }

    private static func unknown(_ word: String) -> UsageError {
        let verbs: [String] = [
            "serve", "status", "lag", "metrics", "logs", "queue", "explain", "feed", "health", "demo", "help",
        ]
        let guess = Suggestion.nearest(to: word, among: verbs).map { " Did you mean \($0)?" }
        return UsageError("There is no verb '\(word)'.\(guess ?? " See millrace help.")")
    }
}
