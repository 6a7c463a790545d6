/// Walks every sequence of choices that a body can make, one run of the body for each.
///
/// The body asks `choose` as often and with as many options as it likes, also depending on earlier answers; equal answers
/// must lead to equal questions. (The idea is TigerBeetle's `exhaustigen`.)
package struct Exhaustive {
    private var path: [(choice: Int, options: Int)] = []
    private var depth = 0

    private init() {}

    /// One of `0..<options`; over all runs, each of them.
    package mutating func choose(_ options: Int) -> Int {
        precondition(options > 0, "there is something to choose from")
        if depth == path.count { path.append((0, options)) }
        precondition(path[depth].options == options, "equal choices lead to equal questions")
        depth += 1
        return path[depth - 1].choice
    }

    package mutating func chooseBool() -> Bool { choose(2) == 1 }

    /// Runs the body once for each sequence of choices; returns how many there were.
    ///
    /// - Parameter limit: Stops the process when there are more, so that a test cannot grow without anyone noticing.
    @discardableResult
    package static func walk(limit: Int, _ body: (inout Exhaustive) -> Void) -> Int {
        var walker = Exhaustive()
        var runs = 0
        var hasMore = true
        while hasMore {
            walker.depth = 0
            body(&walker)
            runs += 1
            precondition(runs <= limit, "more sequences than expected")
            hasMore = walker.advance()
        }
        return runs
    }

    /// Turns the last choice that has another option to it, and forgets those after it.
    private mutating func advance() -> Bool {
        path.removeLast(path.count - depth)
        while let last = path.popLast() {
            if last.choice + 1 < last.options {
                path.append((last.choice + 1, last.options))
                return true
            }
        }
        return false
    }
}
