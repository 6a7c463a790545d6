package import EventStore
package import RuntimeAPI

/// What functions printed and the store does not have yet; bounded, and what does not fit is counted. A value: no clock.
package struct FunctionLogBuffer {
    /// Bytes of messages and lines that are held (our own).
    package static let bytesMax = 8 * 1_048_576
    package static let linesMax = 131_072
    /// What one commit takes, so that others wait for some milliseconds only (our own).
    package static let batchLines = 4_096
    package static let batchBytes = 1_048_576

    /// Lines of one stream that came one after another.
    private struct Run {
        let stream: FunctionLogStream
        var batch = LogBatch()
    }

    private var runs: [Run] = []
    private var lost: [ObjectIdentifier: (stream: FunctionLogStream, lines: Int)] = [:]
    package private(set) var lineCount = 0
    package private(set) var byteCount = 0

    package init() {}

    package var isEmpty: Bool { runs.isEmpty && lost.isEmpty }

    /// The line feed is part of the message, as it is in Lambda.
    package mutating func append(_ line: FunctionLogLine, at milliseconds: Int64) {
        guard lineCount < Self.linesMax, byteCount + line.bytes.count < Self.bytesMax else {
            lost[ObjectIdentifier(line.stream), default: (line.stream, 0)].lines += 1
            return
        }
        if runs.last?.stream !== line.stream || isLastFull { runs.append(Run(stream: line.stream)) }
        runs[runs.count - 1].batch.append(line.bytes, isWhole: line.isWhole, at: milliseconds)
        lineCount += 1
        byteCount += line.bytes.count + (line.isWhole ? 1 : 0)
    }

    private var isLastFull: Bool {
        guard let batch = runs.last?.batch else { return false }
        return batch.count >= Self.batchLines || batch.bytes.count >= Self.batchBytes
    }

    /// Takes the oldest lines for a commit, by stream, and then what has to be said of those that were lost.
    package mutating func takeBatch(at milliseconds: Int64) -> [NamedLogBatch] {
        var batches: [NamedLogBatch] = []
        var places: [ObjectIdentifier: Int] = [:]
        var taken = 0
        var lines = 0
        var bytes = 0
        for run in runs {
            guard taken == 0 || (lines + run.batch.count <= Self.batchLines && bytes < Self.batchBytes) else {
                break
            }
            taken += 1
            lines += run.batch.count
            bytes += run.batch.bytes.count
            let stream = ObjectIdentifier(run.stream)
            if let place = places[stream] {
                batches[place].batch.append(run.batch)
            } else {
                places[stream] = batches.count
                batches.append(Self.named(run.stream, run.batch))
            }
        }
        runs.removeFirst(taken)
        lineCount -= lines
        byteCount -= bytes
        if runs.isEmpty {
            for (stream, count) in lost.values {
                var notice = LogBatch()
                let text =
                    "LOGS DROPPED: \(count) lines of output were not kept, the store could not follow\n"
                notice.append(text.utf8, at: milliseconds)
                batches.append(Self.named(stream, notice))
            }
            lost.removeAll()
        }
        return batches
    }

    private static func named(_ stream: FunctionLogStream, _ batch: LogBatch) -> NamedLogBatch {
        NamedLogBatch(
            location: stream.location, group: stream.group, stream: stream.name, batch: batch)
    }
}
