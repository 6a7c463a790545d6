import EventModel
import Glibc
import Synchronization

/// Hands out the records of one feed, each once, to however many connections ask.
final class RecordSource: Sendable {
    private struct State {
        var next: Int
        let end: Int?
        var lines: LineReader?
        var failure: String?
    }

    private let state: Mutex<State>
    private let generator: RecordGenerator?
    /// Number of the first record.
    private let first: Int

    /// Generated records.
    init(_ generator: RecordGenerator, from first: Int, count: Int?) {
        self.generator = generator
        self.first = first
        state = Mutex(State(next: first, end: count.map { first + $0 }))
    }

    /// The lines of a file, or of standard input for `-`.
    init(file path: String, from first: Int, count: Int?) throws(CommandFailure) {
        generator = nil
        self.first = first
        let lines = try LineReader(path: path)
        state = Mutex(State(next: first, end: count.map { first + $0 }, lines: lines))
    }

    /// Up to so many records; none when the source has ended.
    func take(_ count: Int) -> [FeedRecord] {
        state.withLock { state in
            var records: [FeedRecord] = []
            let now = RealClock.now().millisecondsSinceEpoch
            while records.count < count, state.end.map({ state.next < $0 }) ?? true {
                guard let record = record(&state, now) else { break }
                records.append(record)
                state.next += 1
            }
            return records
        }
    }

    /// Why reading stopped before the end, if it did.
    var failure: String? { state.withLock { $0.failure } }

    private func record(_ state: inout State, _ nowMilliseconds: Int64) -> FeedRecord? {
        if let generator { return generator.record(state.next, nowMilliseconds: nowMilliseconds) }
        do {
            guard let line = try state.lines?.next() else { return nil }
            return FeedRecord(
                sequence: state.next, key: "line-\(state.next - first)", isPoison: false, content: line)
        } catch {
            state.failure = error.description
            return nil
        }
    }
}

/// Reads lines of any length up to a bound; the last one may lack its line end.
struct LineReader: Sendable {
    /// The largest record that any of the services takes.
    private static let lineBytesMax = 1_048_576

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(path: String) throws(CommandFailure) {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
    }

    /// The next line that is not empty, without its line end.
    mutating func next() throws(CommandFailure) -> [UInt8]? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[position..<end]
                position = end + 1
                if !line.isEmpty { return Array(line) }
                continue
            }
            guard buffer.count - position <= Self.lineBytesMax else {
                throw CommandFailure("\(path) has a line of more than \(Self.lineBytesMax) bytes.")
            }
            guard !isAtEnd else { return rest() }
            try fill()
        }
    }

    private mutating func rest() -> [UInt8]? {
        defer { position = buffer.count }
        return position < buffer.count ? Array(buffer[position...]) : nil
    }

    private mutating func fill() throws(CommandFailure) {
        buffer.removeFirst(position)
        position = 0
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &piece, piece.count)
        guard count >= 0 || errno == EINTR else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        if count == 0 { isAtEnd = true }
        if count > 0 { buffer.append(contentsOf: piece[..<count]) }
    }
}
