import Glibc

/// Thousands of receives that wait for a message: what they cost, and how soon each has one.
enum ParkedBench {
    private static let senders = 16

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let count = run.scaled(5_000, quick: 100)
        try QueueBench.raiseDescriptorLimit(to: rlim_t(count + 200))
        let daemon = try BenchDaemon(
            program: run.program, directory: try run.folder("parked"), durability: "full")
        defer { daemon.stop() }
        let url = try daemon.createQueue("parked")
        let send = WireRequest.sendMessage(queueURL: url, bytes: run.recordBytes)
        let receive = WireRequest.receiveMessage(queueURL: url, maximum: 1)
        // A few calls only: what many leave free in the daemon's memory would hide what parked receives take.
        let load = WireLoad(port: daemon.port, connections: 1)
        _ = try load.run(calls: 10, request: send)
        _ = try load.run(calls: 11, request: receive)

        let before = daemon.process.residentMegabytes
        let polls = try ParkedPolls(daemon, url, count)
        let bytes = (daemon.process.residentMegabytes - before) * 1_048_576 / Double(count)
        report.add(
            Figure(
                name: "parked receives, \(count), bytes each", value: bytes, unit: "B",
                limit: run.isQuick ? nil : 10_240))
        let seconds = run.isQuick ? 0.5 : 10.0
        let cpu = daemon.process.cpuSeconds
        Monotonic.pause(milliseconds: UInt32(seconds * 1_000))
        report.add(
            Figure(
                name: "parked receives, \(count), CPU in \(Int(seconds.rounded(.up))) s",
                value: daemon.process.cpuSeconds - cpu, unit: "s", limit: 0.05))
        let (sending, waking) = try polls.wake(senders, send)
        report.add(
            Figure(
                name: "parked receives, served after last send",
                value: (waking - sending) * 1_000, unit: "ms", baseline: sending * 1_000,
                baselineName: "ms of sending", limit: run.isQuick ? nil : 100))
    }
}

/// Connections that each wait for one message.
private final class ParkedPolls {
    private let port: UInt16
    private let readiness: Readiness
    private var readers: [WireReader] = []
    private let count: Int

    /// Returns once the daemon has all receives: those of a connection are answered in order, and nothing is there.
    init(_ daemon: BenchDaemon, _ url: String, _ count: Int) throws(BenchError) {
        port = daemon.port
        self.count = count
        readiness = try Readiness()
        let receive = WireRequest.receiveMessage(queueURL: url, maximum: 1, waitSeconds: 20)
        for index in 0..<count {
            let reader = WireReader(socket: try Socket.connect(port: port), capacity: 2_048)
            try readiness.add(reader.socket, token: index)
            try reader.socket.write(receive)
            readers.append(reader)
        }
        // The loop takes requests in turn: an answered call that was made behind them says that they are parked.
        for _ in 0..<3 { _ = try daemon.metric("millrace") }
        Monotonic.pause(milliseconds: 300)
    }

    /// Sends as many messages as there are receives; seconds until all are sent, and until all are received.
    func wake(_ senders: Int, _ send: [UInt8]) throws(BenchError) -> (sending: Double, waking: Double) {
        for index in 0..<senders {
            let reader = WireReader(socket: try Socket.connect(port: port))
            try readiness.add(reader.socket, token: count + index)
            readers.append(reader)
        }
        let start = Monotonic.nanoseconds()
        var sent = 0
        var answered = 0
        var served = 0
        var sending = 0.0
        for index in 0..<senders where sent < count {
            try readers[count + index].socket.write(send)
            sent += 1
        }
        while served < count || answered < count {
            let ready = try readiness.wait(seconds: 25)
            guard !ready.isEmpty else {
                throw BenchError("\(served) of \(count) parked receives were served")
            }
            for index in ready {
                guard let answer = try readers[index].next(), answer.status == 200 else {
                    throw BenchError("a connection was closed or refused")
                }
                if index < count {
                    guard answer.body.count > 100 else { throw BenchError("a receive ended with nothing") }
                    served += 1
                } else {
                    answered += 1
                    if answered == count { sending = Monotonic.seconds(since: start) }
                    if sent < count {
                        try readers[index].socket.write(send)
                        sent += 1
                    }
                }
            }
        }
        return (sending, Monotonic.seconds(since: start))
    }
}
