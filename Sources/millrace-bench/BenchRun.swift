import Glibc

/// What all benches of one run share: where to work, what to start, how much to do.
struct BenchRun {
    let program: String
    let directory: String
    /// CI's smoke run: proves that every bench works, says nothing about speed.
    let isQuick: Bool
    let recordBytes: Int

    func scaled(_ count: Int, quick: Int) -> Int { isQuick ? quick : count }

    /// A fresh folder for one bench.
    func folder(_ name: String) throws(BenchError) -> String {
        let path = "\(directory)/\(name)"
        guard mkdir(path, 0o755) == 0 else { throw .system("make \(path)") }
        return path
    }

    /// A template with one function that answers every event with `null`, and where its handler lies.
    func template(
        in folder: String, latencies: String? = nil, pauseMilliseconds: Int? = nil
    ) throws(BenchError) -> String {
        let code = "\(folder)/handler"
        guard mkdir(code, 0o755) == 0, symlink(ChildProgram.ownPath, "\(code)/bootstrap") == 0 else {
            throw .system("make \(code)")
        }
        var variables = latencies.map { "          MILLRACE_BENCH_LATENCY: \($0)\n" } ?? ""
        if let pauseMilliseconds { variables += "          MILLRACE_BENCH_PAUSE: '\(pauseMilliseconds)'\n" }
        if !variables.isEmpty { variables = "      Environment:\n        Variables:\n" + variables }
        let text =
            "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n"
            + "  Sink:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: sink\n"
            + "      Runtime: provided.al2023\n      Handler: sink\n      CodeUri: \(code)\n      Timeout: 60\n"
            + variables
        let path = "\(folder)/bench.template.yaml"
        try writeText(text, to: path)
        return path
    }
}
