import EventModel
import Testing

@Suite("From some shards to so many even ones")
struct UniformReshardingTests {
    /// What is left after the steps, in order; every step is checked to be possible.
    private static func result(_ ranges: [HashKeyRange], _ steps: [UniformResharding.Step]) -> [HashKeyRange]
    {
        var pieces: [HashKeyRange?] = ranges
        for step in steps {
            switch step {
            case .split(let piece, let cut):
                guard let range = pieces[piece], range.contains(cut), cut > range.start else { return [] }
                pieces[piece] = nil
                pieces.append(HashKeyRange(start: range.start, end: cut - 1))
                pieces.append(HashKeyRange(start: cut, end: range.end))
            case .merge(let left, let right):
                guard let low = pieces[left], let high = pieces[right], low.touches(high),
                    low.end < high.start
                else { return [] }
                pieces[left] = nil
                pieces[right] = nil
                pieces.append(HashKeyRange(start: low.start, end: high.end))
            }
        }
        return pieces.compactMap(\.self).sorted { $0.start < $1.start }
    }

    @Test("Every count becomes every count between a half and twice of it, evenly")
    func counts() {
        for count in 1...24 {
            let ranges = HashKeyRange.even(count: count)
            for target in (count + 1) / 2...2 * count {
                let steps = UniformResharding.steps(from: ranges, to: target)
                #expect(
                    Self.result(ranges, steps) == HashKeyRange.even(count: target), "\(count) to \(target)")
                if count == target { #expect(steps.isEmpty) }
            }
        }
    }

    @Test(
        "Doubling is splits, halving is merges, four to five makes eleven shards",
        arguments: [(1, 2, 2), (2, 4, 4), (4, 2, 2), (2, 1, 1), (4, 5, 11)])
    func costs(count: Int, target: Int, made: Int) {
        let steps = UniformResharding.steps(from: HashKeyRange.even(count: count), to: target)
        let shards = steps.reduce(0) { sum, step in
            if case .split = step { sum + 2 } else { sum + 1 }
        }
        #expect(shards == made)
    }

    @Test("Odd ranges, down to a single key, become even")
    func odd() {
        let ranges = [
            HashKeyRange(start: 0, end: 0), HashKeyRange(start: 1, end: 5),
            HashKeyRange(start: 6, end: .max - 1), HashKeyRange(start: .max, end: .max),
        ]
        for target in 1...8 {
            let steps = UniformResharding.steps(from: ranges, to: target)
            #expect(Self.result(ranges, steps) == HashKeyRange.even(count: target))
        }
    }

    @Test("Ranges touch on either side, and do not wrap around")
    func touching() {
        let ranges = HashKeyRange.even(count: 3)
        #expect(ranges[0].touches(ranges[1]) && ranges[1].touches(ranges[0]))
        #expect(!ranges[0].touches(ranges[2]) && !ranges[2].touches(ranges[0]))
        #expect(!ranges[0].touches(ranges[0]))
    }
}
