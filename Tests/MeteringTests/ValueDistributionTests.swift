import Metering
import Testing

@Suite("A bounded distribution of values")
struct ValueDistributionTests {
    private static func percentile(_ percent: Double, of sorted: [Double]) -> Double {
        sorted[max(1, Int((percent / 100 * Double(sorted.count)).rounded(.up))) - 1]
    }

    @Test("A percentile is within 1.1 % of the value at its rank", arguments: 1...20)
    func accuracy(seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        // Four doublings are 128 buckets: no two have to be joined.
        let low = Double.random(in: 0.001...5_000, using: &dice)
        var values: [Double] = []
        var distribution = ValueDistribution()
        for _ in 0..<Int.random(in: 1...2_000, using: &dice) {
            let value = low * Double.random(in: 1...15, using: &dice)
            values.append(value)
            distribution.add(value)
        }
        values.sort()
        #expect(distribution.scale == ValueDistribution.finestScale)
        for percent in [0.0, 1, 25, 50, 75, 90, 99, 99.9, 100] {
            let exact = Self.percentile(percent, of: values)
            let told = try #require(distribution.percentile(percent))
            #expect(abs(told / exact - 1) <= 0.011, "p\(percent): \(told) for \(exact)")
        }
    }

    @Test("Values of all sizes keep it bounded; the error doubles as buckets are joined", arguments: 1...10)
    func bounded(seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        var values: [Double] = []
        var distribution = ValueDistribution()
        for _ in 0..<3_000 {
            let value = Double(
                sign: .plus, exponent: Int.random(in: -360...359, using: &dice),
                significand: Double.random(in: 1..<2, using: &dice))
            values.append(value)
            distribution.add(value)
        }
        values.sort()
        #expect(distribution.bytes.count < 1_600)
        #expect(distribution.count == 3_000)
        var ratio = 2.0
        for _ in 0..<max(0, distribution.scale) { ratio = ratio.squareRoot() }
        for _ in 0..<max(0, -distribution.scale) { ratio *= ratio }
        for percent in [1.0, 50, 99] {
            let exact = Self.percentile(percent, of: values)
            let told = try #require(distribution.percentile(percent))
            #expect(told / exact < ratio && exact / told < ratio)
        }
    }

    @Test("Joined distributions are what one of all values would be", arguments: 1...20)
    func merging(seed: UInt64) {
        var dice = SeededRandom(seed: seed)
        var parts = [ValueDistribution(), ValueDistribution(), ValueDistribution()]
        var whole = ValueDistribution()
        for _ in 0..<1_000 {
            let value =
                Double.random(in: 0...1, using: &dice) < 0.1 ? 0 : Double.random(in: 1...30, using: &dice)
            whole.add(value)
            parts[Int.random(in: 0..<3, using: &dice)].add(value)
        }
        var joined = ValueDistribution()
        for part in parts { joined.merge(part) }
        #expect(joined == whole)
    }

    @Test("A coarse one and a fine one join at the coarser scale, without losing a value")
    func scales() {
        var coarse = ValueDistribution()
        for exponent in 0..<200 { coarse.add(Double(sign: .plus, exponent: exponent, significand: 1.3)) }
        var fine = ValueDistribution()
        fine.add(7)
        #expect(coarse.scale < fine.scale)
        let scale = coarse.scale
        fine.merge(coarse)
        #expect(fine.scale == scale)
        #expect(fine.count == 201)
    }

    @Test("What was written is read again", arguments: 1...20)
    func coding(seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        var distribution = ValueDistribution()
        for _ in 0..<Int.random(in: 0...300, using: &dice) {
            distribution.add(
                Double.random(in: 0...1e9, using: &dice), count: Bool.random(using: &dice) ? 1 : 2.5)
        }
        distribution.add(0, count: 3)
        let bytes = distribution.bytes
        #expect(bytes.withUnsafeBufferPointer { ValueDistribution(bytes: $0) } == distribution)
        // A cut or changed file never traps.
        for _ in 0..<50 {
            var broken = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &dice)))
            if !broken.isEmpty {
                broken[Int.random(in: 0..<broken.count, using: &dice)] = UInt8.random(
                    in: 0...255, using: &dice)
            }
            _ = broken.withUnsafeBufferPointer { ValueDistribution(bytes: $0) }
        }
        #expect([UInt8]().withUnsafeBufferPointer { ValueDistribution(bytes: $0) } == nil)
        #expect([UInt8(100), 0].withUnsafeBufferPointer { ValueDistribution(bytes: $0) } == nil)
    }
}
