import Glibc

/// A record to be fed: what it is filed under and what it holds.
struct FeedRecord: Equatable, Sendable {
    let sequence: Int
    let key: String
    let isPoison: Bool
    let content: [UInt8]
}

/// Makes records out of a seed: record n is the same whenever and wherever it is asked for.
struct RecordGenerator: Sendable {
    let template: RecordTemplate
    let seed: UInt64
    /// Bytes of a record.
    let size: Int
    /// Share of poison records, 0...1.
    let poison: Double
    private let keys: KeyChoice

    init(template: RecordTemplate, seed: UInt64, size: Int, poison: Double, keyCount: Int, skew: Double) {
        self.template = template
        self.seed = seed
        self.size = size
        self.poison = poison
        keys = KeyChoice(count: keyCount, skew: skew)
    }

    func record(_ sequence: Int, nowMilliseconds: Int64) -> FeedRecord {
        // A generator of its own for each record, so that leaving one out does not change the others.
        var mixer = SplitMix(seed: seed ^ (UInt64(bitPattern: Int64(sequence)) &* 0xD1B5_4A32_D192_ED03))
        var random = SplitMix(seed: mixer.next())
        let isPoison = random.fraction() < poison
        let key = "key-\(keys.pick(using: &random))"
        let facts = RecordTemplate.Facts(
            sequence: sequence, key: key, isPoison: isPoison, size: size, nowMilliseconds: nowMilliseconds)
        return FeedRecord(
            sequence: sequence, key: key, isPoison: isPoison, content: template.render(facts, using: &random))
    }
}

/// Picks a key: all alike, or by Zipf's law, where the chance of the n-th key falls as n to the power of the skew.
private struct KeyChoice: Sendable {
    private let count: Int
    /// Sums of the weights up to each key; empty when all keys are alike.
    private let sums: [Double]

    init(count: Int, skew: Double) {
        self.count = count
        guard skew > 0 else {
            sums = []
            return
        }
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += 1 / pow(Double(rank), skew)
            return sum
        }
    }

    func pick(using random: inout SplitMix) -> Int {
        guard let total = sums.last else { return Int(random.next() % UInt64(count)) }
        let target = random.fraction() * total
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
