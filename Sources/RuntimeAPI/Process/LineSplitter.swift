/// Cuts a process' output into lines of bounded length, and counts instead of keeping when there is too much of it.
///
/// Pure but for the time it is given; memory is bounded by one line.
struct LineSplitter {
    private var partial: [UInt8] = []
    /// The second that `lines` and `bytes` count.
    private var windowStart: MonotonicTime?
    private var lines = 0
    private var bytes = 0
    /// Bytes of output given up since it was last reported.
    private(set) var discardedBytes = 0

    /// Calls `emit` for each whole line without its line feed; the slice is valid during the call.
    mutating func feed(_ chunk: ArraySlice<UInt8>, now: MonotonicTime, _ emit: (ArraySlice<UInt8>) -> Void) {
        if windowStart.map({ now - $0 >= .seconds(1) }) ?? true {
            windowStart = now
            lines = 0
            bytes = 0
        }
        var rest = chunk
        while !rest.isEmpty {
            guard lines < RuntimeLimits.logLinesPerSecond, bytes < RuntimeLimits.logBytesPerSecond else {
                discardedBytes += rest.count + partial.count
                partial.removeAll(keepingCapacity: true)
                return
            }
            takeLine(from: &rest, emit)
        }
    }

    private mutating func takeLine(from rest: inout ArraySlice<UInt8>, _ emit: (ArraySlice<UInt8>) -> Void) {
        let room = RuntimeLimits.logLineBytes - partial.count
        let window = rest.prefix(room)
        guard let end = window.firstIndex(of: UInt8(ascii: "\n")) else {
            partial.append(contentsOf: window)
            rest = rest.dropFirst(window.count)
            if partial.count >= RuntimeLimits.logLineBytes { flush(emit) }
            return
        }
        if partial.isEmpty {
            count(end - rest.startIndex)
            emit(rest[rest.startIndex..<end])
        } else {
            partial.append(contentsOf: rest[rest.startIndex..<end])
            flush(emit)
        }
        rest = rest[(end + 1)...]
    }

    /// Emits an unfinished line: at the end of an invocation or of the process.
    mutating func flush(_ emit: (ArraySlice<UInt8>) -> Void) {
        guard !partial.isEmpty else { return }
        count(partial.count)
        emit(partial[...])
        partial.removeAll(keepingCapacity: true)
    }

    mutating func takeDiscardedBytes() -> Int {
        defer { discardedBytes = 0 }
        return discardedBytes
    }

    private mutating func count(_ length: Int) {
        lines += 1
        bytes += length
    }
}

/// The last bytes of a log.
struct LogTail {
    private var kept: [UInt8] = []
    private let limit: Int

    init(limit: Int = RuntimeLimits.logTailBytes) { self.limit = limit }

    mutating func append(_ chunk: ArraySlice<UInt8>) {
        if chunk.count >= limit {
            kept.removeAll(keepingCapacity: true)
        } else if kept.count + chunk.count > 2 * limit {
            kept.removeFirst(kept.count - limit)
        }
        kept.append(contentsOf: chunk.suffix(limit))
    }

    mutating func append(_ chunk: [UInt8]) { append(chunk[...]) }

    mutating func removeAll() { kept.removeAll(keepingCapacity: true) }

    var last: UInt8? { kept.last }

    var bytes: [UInt8] { kept.count <= limit ? kept : Array(kept.suffix(limit)) }
}
