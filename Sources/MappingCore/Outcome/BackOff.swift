/// How long to wait before another attempt: doubling, jittered, capped.
package struct BackOff: Equatable, Sendable {
    package let first: Duration
    package let cap: Duration
    package let jitter: Jitter

    /// Chance, as a value: equal seeds give equal waits.
    package enum Jitter: Equatable, Sendable {
        case none
        /// Makes each wait longer by up to `percent` (1...100), so that those who failed together do not come back
        /// together.
        case lengthens(percent: Int, seed: UInt64)
    }

    package init(first: Duration, cap: Duration, jitter: Jitter = .none) {
        precondition(first > .zero && first <= cap, "a back-off starts above zero and below its cap")
        self.first = first
        self.cap = cap
        self.jitter = jitter
    }

    /// 200 ms, doubling (recorded on AWS, esm-streams.md §4.3), at most 60 s (our choice); without jitter.
    package static let standard = BackOff(first: .milliseconds(200), cap: .seconds(60))

    /// The standard one with AWS's spread: 200 to 280 ms before the first retry (esm-streams.md §4.3).
    package static func jittered(seed: UInt64) -> BackOff {
        BackOff(first: standard.first, cap: standard.cap, jitter: .lengthens(percent: 40, seed: seed))
    }
}

extension BackOff {
    /// - Parameters:
    ///   - attempt: How many attempts in a row came to nothing, from 1.
    ///   - salt: What tells this wait from others under one seed, such as the request's ordinal.
    package func delay(afterAttempt attempt: Int, salt: UInt64 = 0) -> Duration {
        precondition(attempt >= 1, "attempts are counted from 1")
        // 2^32 times the first wait is above any sensible cap, and the product cannot overflow.
        let grown = first * (1 << min(attempt - 1, 32))
        switch jitter {
        case .none: return min(grown, cap)
        case .lengthens(let percent, let seed):
            // The longest wait is below the cap by as much as it may be lengthened, so that waits at the cap differ too.
            let least = min(grown, cap * 100 / (100 + percent))
            let dice = Self.mixed(seed ^ (salt &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(attempt))
            let thousandths = Int(dice % UInt64(percent * 10 + 1))
            return least * (1_000 + thousandths) / 1_000
        }
    }

    /// The same waits with other dice: of one lane among several.
    func lane(_ number: Int) -> BackOff {
        guard number > 0, case .lengthens(let percent, let seed) = jitter else { return self }
        return BackOff(
            first: first, cap: cap,
            jitter: .lengthens(percent: percent, seed: Self.mixed(seed &+ UInt64(number))))
    }

    /// Dice from a name: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). Equal names, equal waits.
    package static func seed(from name: String) -> UInt64 {
        mixed(name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 })
    }

    /// The finalizer of SplitMix64: spreads neighbouring seeds over all 64 bits.
    private static func mixed(_ seed: UInt64) -> UInt64 {
        var value = seed &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
