import Glibc

/// The seeds of this run: 64, or what the environment asks for.
///
/// Suites of worlds are serialized: they keep a processor busy, and tests that wait for something want their turn, too.
enum Seeds {
    /// `SIMULATION_SEED=7` runs world 7 alone, `SIMULATION_SEEDS=5000` the worlds 1...5000.
    static let all = most(64)

    /// As many as are worth their time in one suite, unless the environment says otherwise.
    static func most(_ count: UInt64) -> [UInt64] {
        if let one = number("SIMULATION_SEED") { return [one] }
        return Array(1...max(1, number("SIMULATION_SEEDS") ?? count))
    }

    private static func number(_ name: String) -> UInt64? {
        guard let text = getenv(name) else { return nil }
        return UInt64(String(cString: text))
    }
}
