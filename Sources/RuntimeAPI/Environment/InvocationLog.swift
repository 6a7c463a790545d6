import EventModel

/// The log of one environment or command: cuts output into lines, adds the platform's, keeps the tail.
///
/// Confined to the engine loop.
final class InvocationLog {
    private let stream: FunctionLogStream
    private let sink: ((FunctionLogLine) -> Void)?
    private var splitter = LineSplitter()
    private var tail = LogTail()
    private var requestID: String?

    init(_ stream: FunctionLogStream, sink: ((FunctionLogLine) -> Void)?) {
        self.stream = stream
        self.sink = sink
    }

    func output(_ chunk: ArraySlice<UInt8>, now: MonotonicTime) {
        tail.append(chunk)
        guard sink != nil else { return }
        splitter.feed(chunk, now: now) { emit($0, isPlatform: false) }
    }

    /// What came before, during init or since the last invocation, stays in the tail, as it does in Lambda.
    func begin(_ requestID: String) {
        self.requestID = requestID
        platform(LogLines.start(requestID, stream.version))
    }

    func timedOut(_ requestID: String, seconds: Int, at moment: Timestamp) {
        finishLine()
        platform(LogLines.timedOut(requestID, seconds: seconds, at: moment))
    }

    /// - Returns: The last 4 KB of the invocation's log, empty unless wanted.
    func end(_ requestID: String, _ report: InvocationReport, wantsTail: Bool) -> [UInt8] {
        finishLine()
        platform(LogLines.end(requestID))
        platform(LogLines.report(requestID, report))
        defer { tail.removeAll() }
        self.requestID = nil
        return wantsTail ? tail.bytes : []
    }

    func initStart(_ runtime: String) { platform(Array("INIT_START Runtime Version: \(runtime)".utf8)) }

    private func finishLine() {
        splitter.flush { emit($0, isPlatform: false) }
        let lost = splitter.takeDiscardedBytes()
        if lost > 0 { platform(LogLines.discarded(bytes: lost)) }
    }

    private func platform(_ line: [UInt8]) {
        tail.endLine()
        tail.append(line)
        tail.append([UInt8(ascii: "\n")])
        emit(line[...], isPlatform: true)
    }

    private func emit(_ bytes: ArraySlice<UInt8>, isPlatform: Bool) {
        guard let sink else { return }
        sink(
            FunctionLogLine(stream: stream, requestID: requestID, isPlatform: isPlatform, bytes: bytes))
    }
}

extension LogTail {
    /// Output without a line feed at its end must not run into a platform line.
    fileprivate mutating func endLine() {
        if let last, last != UInt8(ascii: "\n") { append([UInt8(ascii: "\n")]) }
    }
}
