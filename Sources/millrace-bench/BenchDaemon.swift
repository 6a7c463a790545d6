import ByteCoding
import Glibc

/// A real daemon on a fresh data directory, and the few calls that benches make to it.
final class BenchDaemon {
    let port: UInt16
    let process: ChildProgram
    private var control: WireReader
    private let output: String

    /// Starts `millrace serve` and waits until it says that it is ready.
    ///
    /// - Parameter isAgain: On the data of a daemon that was there before.
    init(
        program: String, directory: String, durability: String, template: String? = nil,
        concurrency: Int = 1_000, isAgain: Bool = false
    ) throws(BenchError) {
        let (probe, port) = try Socket.listen()
        close(probe)
        self.port = port
        output = "\(directory)/daemon\(isAgain ? "-again" : "").log"
        var arguments = [
            "serve", "--data", "\(directory)/data", "--port", "\(port)", "--durability", durability,
        ]
        arguments += ["--log-level", "warn", "--concurrency", "\(concurrency)"]
        if let template { arguments += ["--template", template] }
        process = try ChildProgram(path: program, arguments: arguments, output: output)
        let start = Monotonic.nanoseconds()
        while !readText(output).contains("Ready.") {
            guard Monotonic.seconds(since: start) < 20 else {
                throw BenchError("the daemon did not get ready: \(readText(output).suffix(500))")
            }
            Monotonic.pause(milliseconds: 5)
        }
        control = WireReader(socket: try Socket.connect(port: port))
    }

    func stop() { process.stop(signal: SIGKILL) }

    /// One call; the answer's body as JSON.
    @discardableResult
    func call(_ request: [UInt8]) throws(BenchError) -> JSONValue {
        try control.socket.write(request)
        guard let answer = try control.next() else { throw BenchError("the daemon closed the connection") }
        let body = Array(control.buffer[answer.body])
        guard answer.status / 100 == 2 else {
            throw BenchError("status \(answer.status): \(String(decoding: body.prefix(300), as: UTF8.self))")
        }
        guard !body.isEmpty else { return .null }
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw BenchError("not JSON: \(error)")
        }
    }

    @discardableResult
    func json(_ target: String, _ body: String, version: String = "1.0") throws(BenchError) -> JSONValue {
        try call(WireRequest.json(target: target, version: version, body: Array(body.utf8)))
    }

    func createQueue(
        _ name: String, visibilitySeconds: Int = 600, isFIFO: Bool = false
    ) throws(BenchError) -> String {
        var attributes = #""VisibilityTimeout":"\#(visibilitySeconds)""#
        if isFIFO { attributes += #","FifoQueue":"true""# }
        let body = #"{"QueueName":"\#(name)","Attributes":{\#(attributes)}}"#
        let answer = try json("AmazonSQS.CreateQueue", body)
        guard let url = answer["QueueUrl"]?.stringValue else {
            throw BenchError("no QueueUrl in \(answer.text)")
        }
        return url
    }

    func createStream(_ name: String, shards: Int) throws(BenchError) {
        try json(
            "Kinesis_20131202.CreateStream", #"{"StreamName":"\#(name)","ShardCount":\#(shards)}"#,
            version: "1.1")
    }

    @discardableResult
    func createMapping(_ settings: String) throws(BenchError) -> String {
        let answer = try call(WireRequest.rest("POST", "/2015-03-31/event-source-mappings/", body: settings))
        guard let id = answer["UUID"]?.stringValue else { throw BenchError("no UUID in \(answer.text)") }
        return id
    }

    /// The sum of a metric over all its labels, from the Prometheus page.
    func metric(_ name: String) throws(BenchError) -> Double {
        try control.socket.write(WireRequest.rest("GET", "/metrics"))
        guard let answer = try control.next() else { throw BenchError("the daemon closed the connection") }
        var sum = 0.0
        for line in String(decoding: control.buffer[answer.body], as: UTF8.self).split(separator: "\n") {
            guard line.hasPrefix(name), let value = line.split(separator: " ").last.flatMap({ Double($0) })
            else { continue }
            let next = line.dropFirst(name.count).first
            if next == "{" || next == " " { sum += value }
        }
        return sum
    }

    /// Waits until a metric has reached a value; returns the seconds that took.
    func wait(for name: String, toReach value: Double, within seconds: Double) throws(BenchError) -> Double {
        let start = Monotonic.nanoseconds()
        while true {
            let reached = try metric(name)
            if reached >= value { return Monotonic.seconds(since: start) }
            guard Monotonic.seconds(since: start) < seconds else {
                throw BenchError(
                    "\(name) stands at \(reached) of \(value) after \(seconds) s: \(readText(output).suffix(400))"
                )
            }
            Monotonic.pause(milliseconds: 5)
        }
    }
}
