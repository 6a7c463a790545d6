import Synchronization
import Telemetry
import Testing

@Suite("A logger")
struct LoggerTests {
    final class Collector: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private let collector = Collector()

    private func logger(_ level: LogLevel, _ format: LogFormat) -> Logger {
        Logger(
            level: level, format: format, time: { "2024-01-02T03:04:05.678Z" },
            sink: { [collector] in collector.add($0) })
    }

    @Test("A text line holds time, level, event and fields, quoted only where needed")
    func text() {
        logger(.info, .text).log(
            .info, "batch discarded",
            ["queue": "orders", "records": 10, "reason": "too \"old\"\n", "settled": true])
        #expect(
            collector.all == [
                "2024-01-02T03:04:05.678Z info batch discarded queue=orders records=10 reason=\"too \\\"old\\\"\\n\" settled=true\n"
            ])
    }

    @Test("A JSON line is one object with typed fields")
    func json() {
        logger(.info, .json).log(.error, "write failed", ["code": 28, "ratio": 0.5, "file": "a\tb\u{1}"])
        #expect(
            collector.all == [
                "{\"time\":\"2024-01-02T03:04:05.678Z\",\"level\":\"error\",\"event\":\"write failed\",\"code\":28,\"ratio\":0.5,\"file\":\"a\\tb\\u0001\"}\n"
            ])
    }

    @Test("What is below the level is neither written nor made")
    func levels() {
        var made = 0
        func field() -> LogValue {
            made += 1
            return "x"
        }
        let logger = logger(.warning, .text)
        logger.log(.info, "dropped", ["field": field()])
        logger.log(.warning, "kept", ["field": field()])
        #expect(made == 1)
        #expect(collector.all.count == 1)
    }

    @Test("A line never grows past its bound and stays whole", arguments: LogFormat.allCases)
    func bounded(format: LogFormat) {
        let long = String(repeating: "ä", count: 100_000)
        logger(.info, format).log(.info, "long", ["one": .string(long), "two": .string(long), "last": 1])
        let line = collector.all[0]
        #expect(line.utf8.count <= Logger.lineBytes)
        #expect(line.hasSuffix(format == .json ? "}\n" : "\n"))
        #expect(line.contains("…"))
    }
}
