import EventModel
import Testing

// Lines and splitters are internal values; see EnvironmentMachineTests.
@testable import RuntimeAPI

@Suite("Log lines of the platform")
struct LogLinesTests {
    private func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

    @Test("A cold REPORT shows the init duration, a warm one ends in a tab all the same")
    func report() {
        let cold = InvocationReport(
            duration: .microseconds(3_011), memoryMegabytes: 128, usedMegabytes: 36,
            initDuration: .microseconds(110_101), hasTimedOut: false)
        #expect(
            text(LogLines.report("id", cold))
                == "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t"
        )
        let warm = InvocationReport(
            duration: .milliseconds(4), memoryMegabytes: 128, usedMegabytes: 36, initDuration: nil,
            hasTimedOut: false)
        #expect(
            text(LogLines.report("id", warm))
                == "REPORT RequestId: id\tDuration: 4.00 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t"
        )
    }

    @Test("A timeout has a line of its own")
    func timeout() {
        let moment = Timestamp(millisecondsSinceEpoch: 1_573_691_886_021)
        #expect(
            text(LogLines.timedOut("id", seconds: 3, at: moment))
                == "2019-11-14T00:38:06.021Z id Task timed out after 3.00 seconds")
    }
}

@Suite("A line splitter")
struct LineSplitterTests {
    private let start = MonotonicTime(nanoseconds: 0)

    private func lines(_ splitter: inout LineSplitter, _ text: String, at now: MonotonicTime? = nil)
        -> [String]
    {
        var lines: [String] = []
        splitter.feed(Array(text.utf8)[...], now: now ?? start) {
            lines.append(String(decoding: $0, as: UTF8.self))
        }
        return lines
    }

    @Test("Lines come out whole whatever the chunks were")
    func chunks() {
        var splitter = LineSplitter()
        #expect(lines(&splitter, "one\ntw") == ["one"])
        #expect(lines(&splitter, "o\n\nthr") == ["two", ""])
        var rest: [String] = []
        splitter.flush { rest.append(String(decoding: $0, as: UTF8.self)) }
        #expect(rest == ["thr"])
    }

    @Test("A line without end is cut")
    func longLine() {
        var splitter = LineSplitter()
        let long = String(repeating: "x", count: RuntimeLimits.logLineBytes * 2 + 5)
        #expect(
            lines(&splitter, long).map(\.utf8.count) == [
                RuntimeLimits.logLineBytes, RuntimeLimits.logLineBytes,
            ])
    }

    @Test("A flood is counted, not kept, until the next second")
    func flood() {
        var splitter = LineSplitter()
        let flood = String(repeating: "y\n", count: RuntimeLimits.logLinesPerSecond + 10)
        #expect(lines(&splitter, flood).count == RuntimeLimits.logLinesPerSecond)
        #expect(splitter.discardedBytes == 20)
        #expect(lines(&splitter, "more\n").isEmpty)
        #expect(lines(&splitter, "again\n", at: start + .seconds(1)) == ["again"])
        #expect(splitter.takeDiscardedBytes() == 25)
        #expect(splitter.discardedBytes == 0)
    }

    @Test("The tail is the last bytes of all that came", arguments: [1, 7, 100, 4_096, 10_000])
    func tail(chunk: Int) {
        var tail = LogTail()
        let all = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        var rest = all[...]
        while !rest.isEmpty {
            tail.append(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        #expect(tail.bytes == Array(all.suffix(4_096)))
    }
}
