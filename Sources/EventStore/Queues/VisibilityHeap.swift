/// Positions ordered by the moment at which they become visible; a binary heap.
struct VisibilityHeap {
    struct Entry: Equatable {
        let visibleAt: Int64
        let position: Int64

        static func < (left: Entry, right: Entry) -> Bool {
            left.visibleAt != right.visibleAt
                ? left.visibleAt < right.visibleAt : left.position < right.position
        }
    }

    private(set) var entries: [Entry] = []

    /// What becomes visible first.
    var top: Entry? { entries.first }

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        sink(0)
    }

    /// Replaces everything, in linear time.
    mutating func rebuild(_ replacement: [Entry]) {
        entries = replacement
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        var child = 2 * parent + 1
        while child < entries.count {
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            parent = child
            child = 2 * parent + 1
        }
    }
}
