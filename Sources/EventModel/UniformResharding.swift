/// How `UpdateShardCount` comes from the open shards of a stream to shards of equal size: first splits, then merges
/// (Kinesis API reference, `UpdateShardCount`: "performs splits or merges on individual shards").
package enum UniformResharding {
    /// One split or merge. Pieces are numbered: the given ranges from 0, then what each step makes, in its order.
    package enum Step: Equatable, Sendable {
        /// Makes two pieces; `at` is the first hash key of the second.
        case split(Int, at: UInt128)
        /// Makes one piece of two that touch, the left one first.
        case merge(Int, Int)
    }

    /// - Parameters:
    ///   - ranges: All hash keys, in order, without gaps: what open shards cover.
    ///   - count: Shards wanted, at least 1.
    /// - Returns: Nothing when the ranges are even already.
    package static func steps(from ranges: [HashKeyRange], to count: Int) -> [Step] {
        let targets = HashKeyRange.even(count: count)
        var steps: [Step] = []
        var pieces: [(number: Int, range: HashKeyRange)] = []
        var next = ranges.count
        var target = 0
        for (index, range) in ranges.enumerated() {
            var piece = (number: index, range: range)
            while targets[target].end < range.end {
                let cut = targets[target].end + 1
                target += 1
                guard cut > piece.range.start else { continue }
                steps.append(.split(piece.number, at: cut))
                pieces.append((next, HashKeyRange(start: piece.range.start, end: cut - 1)))
                piece = (next + 1, HashKeyRange(start: cut, end: range.end))
                next += 2
            }
            pieces.append(piece)
        }
        var rest = pieces[...]
        for wanted in targets {
            guard var merged = rest.popFirst() else { break }
            while merged.range.end < wanted.end, let right = rest.popFirst() {
                steps.append(.merge(merged.number, right.number))
                merged = (next, HashKeyRange(start: merged.range.start, end: right.range.end))
                next += 1
            }
        }
        return steps
    }
}
