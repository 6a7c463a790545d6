import EventModel
import Synchronization

/// Carries records from a source to a target over one or more connections, each with a thread of its own.
final class Feeder: Sendable {
    /// What has happened so far.
    struct Progress: Equatable, Sendable {
        var accepted = 0
        var bytes = 0
        /// Accepted poison records.
        var poison = 0
        /// Refused records by error code.
        var rejected: [String: Int] = [:]
        /// Records of calls that got no answer: they may or may not have arrived.
        var unknown = 0
        /// Why feeding stopped before its end.
        var failure: String?

        var rejectedCount: Int { rejected.values.reduce(0, +) }
    }

    private let source: RecordSource
    private let target: FeedTarget
    private let endpoint: String
    private let environment: [String: String]
    private let length: Duration?
    private let start: Duration
    private let pace: Mutex<Pace>
    private let progress = Mutex(Progress())
    private let running: Atomic<Int>
    private let stopping = Atomic<Bool>(false)

    /// - Parameter length: How long to feed; `nil` until the source ends.
    init(
        _ source: RecordSource, to target: FeedTarget, endpoint: String, environment: [String: String],
        pace: Pace,
        length: Duration?, connections: Int
    ) {
        self.source = source
        self.target = target
        self.endpoint = endpoint
        self.environment = environment
        self.length = length
        self.pace = Mutex(pace)
        running = Atomic(connections)
        start = SystemTime.elapsed()
        connectionCount = connections
    }

    private let connectionCount: Int

    var snapshot: Progress { progress.withLock { $0 } }
    var isRunning: Bool { running.load(ordering: .acquiring) > 0 }
    var elapsed: Duration { SystemTime.elapsed() - start }

    /// Starts the threads; the caller joins them.
    func launch() throws(CommandFailure) -> [BackgroundThread] {
        var threads: [BackgroundThread] = []
        for _ in 0..<connectionCount {
            threads.append(
                try BackgroundThread { [self] in
                    feed()
                    running.subtract(1, ordering: .releasing)
                })
        }
        return threads
    }

    /// Asks for an end after the calls under way.
    func stop() { stopping.store(true, ordering: .relaxed) }

    // MARK: - One connection

    private func feed() {
        do {
            let client = try ServiceClient(endpoint: endpoint, environment: environment)
            while !isOver {
                switch pace.withLock({ $0.take(upTo: target.callLimits.records, elapsed: elapsed) }) {
                case .wait(let length): SystemTime.pause(min(length, .milliseconds(100)))
                case .records(let count):
                    let records = source.take(count)
                    guard !records.isEmpty else { return finish(source.failure) }
                    try send(records, client)
                }
            }
        } catch { finish(error.description) }
    }

    private var isOver: Bool {
        let isPast = length.map { elapsed >= $0 } ?? false
        return isPast || stopping.load(ordering: .relaxed) || Interruption.wasAskedFor
    }

    private func send(_ records: [FeedRecord], _ client: ServiceClient) throws(CommandFailure) {
        let (good, bad) = records.reduce(into: ([FeedRecord](), 0)) { result, record in
            if target.accepts(record) { result.0.append(record) } else { result.1 += 1 }
        }
        if bad > 0 { progress.withLock { $0.rejected["not UTF-8", default: 0] += bad } }
        for call in target.calls(for: good) {
            let request = target.request(call)
            let answer: ServiceClient.Answer
            do {
                answer = try client.call(
                    request.target, service: request.service, version: request.version, body: request.body)
            } catch {
                progress.withLock { $0.unknown += call.count }
                throw error
            }
            try count(answer, call)
        }
    }

    private func count(_ answer: ServiceClient.Answer, _ call: [FeedRecord]) throws(CommandFailure) {
        switch answer {
        case .success(let json):
            let refusals = target.refusals(in: json)
            progress.withLock { progress in
                progress.accepted += call.count - refusals.values.reduce(0, +)
                progress.bytes += call.reduce(0) { $0 + $1.content.count }
                progress.poison += call.count { $0.isPoison }
                progress.rejected.merge(refusals, uniquingKeysWith: +)
            }
        case .failure(let code, let message):
            progress.withLock { $0.rejected[code, default: 0] += call.count }
            throw CommandFailure("\(target.name) refused a call with \(code): \(message)")
        }
    }

    private func finish(_ failure: String?) {
        guard let failure else { return }
        progress.withLock { $0.failure = $0.failure ?? failure }
        stop()
    }
}
