import EventModel
import EventStore
import LogsService
import RuntimeAPI
import Testing

@Suite("The lines of functions on their way to the store")
struct FunctionLogBufferTests {
    private static func stream(_ name: String) -> FunctionLogStream {
        FunctionLogStream(
            function: FunctionKey(location: Location(), name: "fn"), version: .latest, name: name)
    }

    private static func line(_ text: String, _ stream: FunctionLogStream) -> FunctionLogLine {
        FunctionLogLine(stream: stream, requestID: nil, isPlatform: false, bytes: Array(text.utf8)[...])
    }

    private static func texts(_ batch: LogBatch) -> [String] {
        var start = 0
        return batch.events.map { event in
            defer { start = event.end }
            return String(decoding: batch.bytes[start..<event.end], as: UTF8.self)
        }
    }

    @Test("Lines are gathered by stream, in order, with their line feeds")
    func gathering() {
        var buffer = FunctionLogBuffer()
        let (a, b) = (Self.stream("a"), Self.stream("b"))
        for (index, stream) in [a, b, a].enumerated() {
            buffer.append(Self.line("\(index)", stream), at: Int64(index))
        }
        let batches = buffer.takeBatch(at: 9)
        #expect(batches.map(\.stream) == ["a", "b"])
        #expect(batches.map(\.group) == ["/aws/lambda/fn", "/aws/lambda/fn"])
        #expect(batches.map { Self.texts($0.batch) } == [["0\n", "2\n"], ["1\n"]])
        #expect(batches[0].batch.events.map(\.milliseconds) == [0, 2])
        #expect(buffer.isEmpty)
    }

    @Test("What is too much is counted and said at the end")
    func loss() throws {
        var buffer = FunctionLogBuffer()
        let stream = Self.stream("a")
        for _ in 0..<(FunctionLogBuffer.linesMax + 3) { buffer.append(Self.line("x", stream), at: 1) }
        #expect(buffer.lineCount == FunctionLogBuffer.linesMax)
        var lines: [String] = []
        while !buffer.isEmpty {
            let batches = buffer.takeBatch(at: 2)
            #expect(batches.reduce(0) { $0 + $1.batch.count } <= FunctionLogBuffer.batchLines + 1)
            lines += batches.flatMap { Self.texts($0.batch) }
        }
        #expect(lines.count == FunctionLogBuffer.linesMax + 1)
        #expect(
            lines.last == "LOGS DROPPED: 3 lines of output were not kept, the store could not follow\n")
        #expect(buffer.byteCount == 0)
    }

    @Test("Bytes are bounded too, and room that came back is used")
    func bytes() {
        var buffer = FunctionLogBuffer()
        let stream = Self.stream("a")
        let long = String(repeating: "x", count: 10_000)
        for _ in 0..<1_000 { buffer.append(Self.line(long, stream), at: 1) }
        #expect(buffer.byteCount <= FunctionLogBuffer.bytesMax)
        #expect(buffer.lineCount < 1_000)
        let before = buffer.lineCount
        _ = buffer.takeBatch(at: 1)
        #expect(buffer.lineCount < before)
        buffer.append(Self.line("after", stream), at: 2)
        #expect(buffer.lineCount > 0)
    }
}
