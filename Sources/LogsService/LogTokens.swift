import AWSWire
import ByteCoding
import EventStore

/// Where a list of groups or streams goes on.
struct ListToken: Equatable {
    enum List: String {
        case groups = "g"
        case streams = "s"
        case streamsByEvent = "e"
    }

    let list: List
    /// The last event of what was listed last, in the order of events; else 0.
    let milliseconds: Int64
    let name: String

    var text: String { Base64.encode(Array("\(list.rawValue)/\(milliseconds)/\(name)".utf8)) }

    /// - Throws: `InvalidParameterException` for a token of another list.
    static func read(_ text: String?, of list: List) throws(AWSError) -> ListToken? {
        guard let text else { return nil }
        let parts =
            Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) }?
            .split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false) ?? []
        guard parts.count == 3, parts[0] == list.rawValue, let milliseconds = Int64(parts[1]) else {
            throw .invalidToken
        }
        return ListToken(list: list, milliseconds: milliseconds, name: String(parts[2]))
    }
}

/// A place among events as text: 56 digits, as CloudWatch's event IDs have; their order is that of the places.
enum EventID {
    private static let width = 28

    static func text(_ position: LogPosition) -> String {
        padded(max(0, position.milliseconds)) + padded(max(0, position.number))
    }

    static func position(_ text: some StringProtocol) -> LogPosition? {
        guard text.utf8.count == 2 * width, text.utf8.allSatisfy({ (48...57).contains($0) }),
            let milliseconds = Int64(text.prefix(width)), let number = Int64(text.suffix(width))
        else { return nil }
        return LogPosition(milliseconds: milliseconds, number: number)
    }

    private static func padded(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}

/// Where `GetLogEvents` goes on: behind a place, or before it.
enum ReadToken: Equatable {
    case forward(LogPosition)
    case backward(LogPosition)

    var text: String {
        switch self {
        case .forward(let place): "f/\(EventID.text(place))/s"
        case .backward(let place): "b/\(EventID.text(place))/s"
        }
    }

    init(_ text: String) throws(AWSError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "s", let place = EventID.position(parts[1]) else {
            throw .invalidToken
        }
        switch parts[0] {
        case "f": self = .forward(place)
        case "b": self = .backward(place)
        default: throw .invalidToken
        }
    }
}
