/// Proof of a receive: names the message and the receive, and carries a check against made-up texts.
///
/// On the wire it is 32 characters of base64 over 24 bytes; every handle of a message deletes it (spec: SQS A5).
package struct ReceiptHandle: Hashable, Sendable {
    package let queue: QueueKey
    package let position: Position
    /// The receive count of the receive that made this handle, so that each receive has its own text.
    package let serial: UInt32
    private let check: UInt64

    /// - Parameter secret: The store's own number; handles of another data directory do not parse.
    package init(queue: QueueKey, position: Position, serial: UInt32, secret: UInt64) {
        self.queue = queue
        self.position = position
        self.serial = serial
        check = ReceiptHandle.check(queue: queue, position: position, serial: serial, secret: secret)
    }

    /// Reads a handle's text; `nil` when this store never made it.
    package init?(text: String, secret: UInt64) {
        var text = text
        let parsed = text.withUTF8 { ReceiptHandle.bytes(ofBase64: $0) }
        guard let words = parsed else { return nil }
        let mask = Scramble.mix(words.2)
        let first = words.0 ^ mask
        let queue = QueueKey(rawValue: Int64(first >> 32))
        let position = Position(bitPattern: words.1 ^ Scramble.mix(mask))
        self.init(queue: queue, position: position, serial: UInt32(truncatingIfNeeded: first), secret: secret)
        guard check == words.2 else { return nil }
    }

    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func check(queue: QueueKey, position: Position, serial: UInt32, secret: UInt64) -> UInt64 {
        let place = UInt64(bitPattern: position) ^ Scramble.mix(UInt64(bitPattern: queue.rawValue))
        return Scramble.mix(Scramble.mix(place ^ secret) &+ UInt64(serial))
    }
}

// MARK: - Text

extension ReceiptHandle {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends the 32 characters without making a string.
    package func append(to out: inout [UInt8]) {
        let mask = Scramble.mix(check)
        let first = (UInt64(bitPattern: queue.rawValue) << 32 | UInt64(serial)) ^ mask
        let second = UInt64(bitPattern: position) ^ Scramble.mix(mask)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            // 24 bytes are eight groups of 24 bits: two and two thirds to a word.
            ReceiptHandle.write(first >> 40, text, 0)
            ReceiptHandle.write(first >> 16, text, 4)
            ReceiptHandle.write(first << 8 | second >> 56, text, 8)
            ReceiptHandle.write(second >> 32, text, 12)
            ReceiptHandle.write(second >> 8, text, 16)
            ReceiptHandle.write(second << 16 | check >> 48, text, 20)
            ReceiptHandle.write(check >> 24, text, 24)
            ReceiptHandle.write(check, text, 28)
            out.append(contentsOf: text)
        }
    }

    /// Writes the low 24 bits as four characters.
    @inline(__always)
    private static func write(_ group: UInt64, _ text: UnsafeMutableBufferPointer<UInt8>, _ place: Int) {
        alphabet.withUnsafeBufferPointer { letters in
            text[place] = letters[Int(group >> 18 & 63)]
            text[place + 1] = letters[Int(group >> 12 & 63)]
            text[place + 2] = letters[Int(group >> 6 & 63)]
            text[place + 3] = letters[Int(group & 63)]
        }
    }

    private static func bytes(ofBase64 text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64, UInt64)? {
        guard text.count == 32 else { return nil }
        var words = InlineArray<3, UInt64>(repeating: 0)
        var bit = 0
        for character in text {
            guard let value = sextet(character) else { return nil }
            // A sextet may straddle two words, so its bits are placed in two halves of three.
            for half in [UInt64(value >> 3), UInt64(value & 7)] {
                for index in 0..<3 {
                    words[bit >> 6] |= (half >> UInt64(2 - index) & 1) << UInt64(63 - bit & 63)
                    bit += 1
                }
            }
        }
        return (words[0], words[1], words[2])
    }

    private static func sextet(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
