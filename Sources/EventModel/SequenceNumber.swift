/// Writes and reads the sequence numbers of one shard; nothing is stored, everything is derived from positions.
///
/// Kinesis: hexadecimal `2` · creation second (9) · low digit of the shard's index (1) · position (16) · `00` ·
/// arrival second (9) · shard index (8) · `2`, written as a decimal number (spec: sources-api.md B2).
/// Table streams: ten digits of the shard's creation second, then eighteen of the position.
package struct SequenceNumber: Equatable, Sendable {
    private let isKinesis: Bool
    private let creationSecond: UInt64
    private let shardIndex: UInt64

    package init(shard: ShardDefinition, of stream: StreamDefinition) {
        self.init(shard: shard, kind: stream.kind)
    }

    package init(shard: ShardDefinition, kind: StreamDefinition.Kind) {
        switch kind {
        case .kinesis: isKinesis = true
        case .table: isKinesis = false
        }
        creationSecond = UInt64(max(0, shard.createdAt.millisecondsSinceEpoch / 1_000))
        shardIndex = UInt64(shard.index)
    }

    /// The position that stands for "after everything" in a closed shard's ending sequence number.
    package static let endPosition = Position(0x7fff_ffff_ffff_ffff)
}

// MARK: - Writing

extension SequenceNumber {
    /// Appends the number's digits without making a string.
    package func append(_ position: Position, arrival: Timestamp, to out: inout [UInt8]) {
        if isKinesis {
            Number188(
                creationSecond: creationSecond, shardIndex: shardIndex, position: UInt64(position),
                arrivalSecond: UInt64(max(0, arrival.millisecondsSinceEpoch / 1_000))
            ).appendDecimal(to: &out)
        } else {
            out.appendDecimal(creationSecond, width: 10)
            out.appendDecimal(min(UInt64(position), SequenceNumber.largestTablePosition), width: 18)
        }
    }

    package func text(_ position: Position, arrival: Timestamp) -> String {
        var bytes: [UInt8] = []
        append(position, arrival: arrival, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Eighteen nines, which stand for `endPosition`.
    private static let largestTablePosition: UInt64 = 999_999_999_999_999_999
}

// MARK: - Reading

extension SequenceNumber {
    /// The position that a text stands for; `nil` when it is no sequence number of this shard.
    package func position(of text: some StringProtocol) -> Position? {
        if isKinesis {
            guard let number = Number188(decimal: text), number.creationSecond == creationSecond,
                number.shardIndex == shardIndex
            else { return nil }
            return Position(exactly: number.position)
        }
        let digits = Array(text.utf8)
        guard digits.count == 28, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            UInt64(text.prefix(10)) == creationSecond, let place = UInt64(text.suffix(18))
        else { return nil }
        return place == SequenceNumber.largestTablePosition ? SequenceNumber.endPosition : Position(place)
    }

    /// The shard's index in a Kinesis sequence number, for error texts; `nil` when it is none.
    package static func shardIndex(of text: some StringProtocol) -> Int? {
        Number188(decimal: text).map { Int($0.shardIndex) }
    }
}

/// A Kinesis sequence number as three words, most significant first; the first one holds 60 bits.
private struct Number188 {
    private var words: (UInt64, UInt64, UInt64)

    init(creationSecond: UInt64, shardIndex: UInt64, position: UInt64, arrivalSecond: UInt64) {
        let nibble = shardIndex & 0xf
        words.0 = 2 << 56 | (creationSecond & 0xf_ffff_ffff) << 20 | nibble << 16 | position >> 48
        words.1 = position << 16 | (arrivalSecond >> 28) & 0xff
        words.2 = (arrivalSecond & 0xfff_ffff) << 36 | (shardIndex & 0xffff_ffff) << 4 | 2
    }

    var creationSecond: UInt64 { words.0 >> 20 & 0xf_ffff_ffff }
    var position: UInt64 { words.0 << 48 | words.1 >> 16 }
    var shardIndex: UInt64 { words.2 >> 4 & 0xffff_ffff }

    /// Appends 56 digits (57 for creation after the year 4000), by three divisions by 10^19.
    func appendDecimal(to out: inout [UInt8]) {
        let chunk: UInt64 = 10_000_000_000_000_000_000
        var (a, b, c) = words
        var low: UInt64 = 0
        var middle: UInt64 = 0
        for round in 0..<2 {
            let first = a.quotientAndRemainder(dividingBy: chunk)
            let second = chunk.dividingFullWidth((first.remainder, b))
            let third = chunk.dividingFullWidth((second.remainder, c))
            (a, b, c) = (first.quotient, second.quotient, third.quotient)
            if round == 0 { low = third.remainder } else { middle = third.remainder }
        }
        // What is left is below 2^188 / 10^38, which fits one word.
        out.appendDecimal(c, width: 1)
        out.appendDecimal(middle, width: 19)
        out.appendDecimal(low, width: 19)
    }

    /// Reads at most 57 digits; `nil` for anything that the other initializer cannot have made.
    init?(decimal text: some StringProtocol) {
        words = (0, 0, 0)
        var count = 0
        for digit in text.utf8 {
            guard (0x30...0x39).contains(digit), count < 57 else { return nil }
            count += 1
            let low = words.2.multipliedFullWidth(by: 10)
            let (word2, carry2) = low.low.addingReportingOverflow(UInt64(digit - 0x30))
            let middle = words.1.multipliedFullWidth(by: 10)
            let (word1, carry1) = middle.low.addingReportingOverflow(low.high + (carry2 ? 1 : 0))
            let high = words.0.multipliedFullWidth(by: 10)
            guard high.high == 0 else { return nil }
            words = (high.low + middle.high + (carry1 ? 1 : 0), word1, word2)
        }
        let isFramed = words.0 >> 56 == 2 && words.2 & 0xf == 2 && words.1 >> 8 & 0xff == 0
        guard count > 0, isFramed, words.0 >> 16 & 0xf == shardIndex & 0xf else { return nil }
    }
}

extension [UInt8] {
    /// Appends a number's decimal digits, with zeros in front up to `width` (at most 20); two digits a division.
    fileprivate mutating func appendDecimal(_ number: UInt64, width: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = number
            var start = 20
            while rest >= 100 {
                let pair = rest % 100
                rest /= 100
                start -= 2
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: pair / 10)
                digits[start + 1] = 0x30 + UInt8(truncatingIfNeeded: pair % 10)
            }
            while rest > 0 {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            while start > 20 - width {
                start -= 1
                digits[start] = 0x30
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[start...]))
        }
    }
}
