import AWSWire
import ByteCoding
import EventModel

/// Where a list goes on: opaque on the wire, valid for 5 minutes.
struct PageToken: Equatable {
    enum List: UInt8 {
        case streams = 1
        case shards = 2
        case consumers = 3
    }

    let list: List
    /// 0 for a list that is of no stream.
    let stream: StreamKey
    let createdAt: Timestamp
    /// What was listed last, then what else the rest of the list depends on; none has a line break.
    let fields: [String]

    init(list: List, stream: StreamKey = StreamKey(rawValue: 0), createdAt: Timestamp, fields: [String]) {
        self.list = list
        self.stream = stream
        self.createdAt = createdAt
        self.fields = fields
    }

    /// Reads what `text` wrote.
    ///
    /// - Throws: `InvalidArgumentException` for a token of another list or store, `ExpiredNextTokenException`.
    init(_ text: String, of list: List, _ secret: UInt64, now: Timestamp) throws(AWSError) {
        guard let token = PageToken(text, secret), token.list == list else {
            throw .invalidArgument("Invalid NextToken.")
        }
        guard now - token.createdAt <= KinesisLimits.nextTokenLifetime else {
            throw .expiredToken(created: token.createdAt, now: now)
        }
        self = token
    }
}

// MARK: - Text

extension PageToken {
    private static let headBytes = 17
    private static let checkBytes = 8

    func text(_ secret: UInt64) -> String {
        var bytes: [UInt8] = [list.rawValue]
        Self.append(UInt64(bitPattern: stream.rawValue), to: &bytes)
        Self.append(UInt64(bitPattern: createdAt.millisecondsSinceEpoch), to: &bytes)
        bytes += Array(fields.joined(separator: "\n").utf8)
        Self.append(Self.check(of: bytes[...], secret), to: &bytes)
        return Base64.encode(bytes)
    }

    private init?(_ text: String, _ secret: UInt64) {
        guard let bytes = Base64.decode(text), bytes.count >= Self.headBytes + Self.checkBytes,
            let list = List(rawValue: bytes[0])
        else { return nil }
        let end = bytes.count - Self.checkBytes
        guard Self.word(bytes[end...]) == Self.check(of: bytes[..<end], secret),
            let joined = String(validating: bytes[Self.headBytes..<end], as: UTF8.self)
        else { return nil }
        self.init(
            list: list, stream: StreamKey(rawValue: Int64(bitPattern: Self.word(bytes[1..<9]))),
            createdAt: Timestamp(millisecondsSinceEpoch: Int64(bitPattern: Self.word(bytes[9..<17]))),
            fields: joined.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    private static func check(of bytes: ArraySlice<UInt8>, _ secret: UInt64) -> UInt64 {
        bytes.reduce(ShardIterator.mixed(secret)) { ShardIterator.mixed($0 ^ UInt64($1)) }
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}
