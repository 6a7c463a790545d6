/// How much a log line matters; a logger drops what is below its own level.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case trace, debug, info, warning, error

    private var rank: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .warning: 3
        case .error: 4
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// How lines look: for people, or one JSON object a line for machines.
package enum LogFormat: String, CaseIterable, Sendable {
    case text, json
}

/// The typed value of one field of a log line.
package enum LogValue: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)

    package init(_ text: some StringProtocol) { self = .string(String(text)) }
    package init(_ number: some BinaryInteger) { self = .integer(Int64(clamping: number)) }
    package init(_ number: Double) { self = .double(number) }
    package init(_ flag: Bool) { self = .bool(flag) }
    /// Anything else by its description: errors, ARNs, durations.
    package init(describing value: some CustomStringConvertible) { self = .string(value.description) }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// Writes one log line as bytes; pure, so that both formats can be tested without a stream.
struct LogLine {
    private(set) var bytes: [UInt8] = []
    private let format: LogFormat
    private let limit: Int

    /// - Parameters:
    ///   - time: The moment as text, `2019-11-14T00:38:06.021Z`.
    ///   - limit: Most bytes of the line, its line feed included.
    init(
        time: String, level: LogLevel, event: String, fields: KeyValuePairs<String, LogValue>,
        format: LogFormat, limit: Int
    ) {
        self.format = format
        self.limit = limit
        bytes.reserveCapacity(160)
        switch format {
        case .text:
            append("\(time) \(level.rawValue) \(event)")
            for (key, value) in fields { appendText(key, value) }
        case .json:
            append("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"event\":")
            appendQuoted(event)
            for (key, value) in fields { appendJSON(key, value) }
            append("}")
        }
        append("\n")
    }

    /// The part of the line that one field may take, so that a long one leaves room for the others.
    private var fieldLimit: Int { max(16, (limit - bytes.count) / 2) }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendText(_ key: String, _ value: LogValue) {
        guard bytes.count + key.utf8.count + 32 < limit else { return }
        append(" \(key)=")
        switch value {
        case .string(let text):
            let isPlain =
                !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 != 0x7f }
            if isPlain && text.utf8.count < fieldLimit { append(text) } else { appendQuoted(text) }
        case .integer(let number): append(String(number))
        case .double(let number): append("\(number)")
        case .bool(let flag): append(flag ? "true" : "false")
        }
    }

    private mutating func appendJSON(_ key: String, _ value: LogValue) {
        guard bytes.count + key.utf8.count + 48 < limit else { return }
        append(",")
        appendQuoted(key)
        append(":")
        switch value {
        case .string(let text): appendQuoted(text)
        case .integer(let number): append(String(number))
        case .double(let number): number.isFinite ? append("\(number)") : appendQuoted("\(number)")
        case .bool(let flag): append(flag ? "true" : "false")
        }
    }

    /// A JSON string; what is too long ends in an ellipsis. Also keeps line feeds out of text lines.
    private mutating func appendQuoted(_ text: String) {
        let end = bytes.count + fieldLimit
        append("\"")
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                append("…")
                break
            }
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{0}"..<"\u{20}", "\u{7f}":
                let digits = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        append("\"")
    }
}
