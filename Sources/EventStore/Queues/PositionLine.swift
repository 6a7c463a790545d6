import EventModel

/// Positions in the order in which they are to be served. Some may be out of date; whoever takes one looks it up.
struct PositionLine {
    private var positions: [Position] = []
    private var start = 0

    /// Those out of date included.
    var count: Int { positions.count - start }

    mutating func append(_ position: Position) { positions.append(position) }

    mutating func popFirst() -> Position? {
        guard start < positions.count else { return nil }
        let position = positions[start]
        start += 1
        if start > 1_024, start * 2 > positions.count {
            positions.removeFirst(start)
            start = 0
        }
        return position
    }

    mutating func prepend(_ position: Position) {
        guard start > 0 else { return positions.insert(position, at: 0) }
        start -= 1
        positions[start] = position
    }

    /// Forgets all others.
    mutating func keep(where isCurrent: (Position) -> Bool) {
        positions = positions[start...].filter(isCurrent)
        start = 0
    }
}
