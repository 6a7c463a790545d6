import Glibc

/// What is still to be sent of one answer.
struct BodyQueue {
    private var pieces: [ArraySlice<UInt8>] = []
    private var first = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: ArraySlice<UInt8>) {
        if piece.isEmpty { return }
        pieces.append(piece)
        count += piece.count
    }

    /// Moves as many bytes as fit; returns how many.
    mutating func move(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var moved = 0
        while moved < buffer.count, first < pieces.count {
            let size = min(buffer.count - moved, pieces[first].count)
            pieces[first].withUnsafeBufferPointer { piece in
                let target = UnsafeMutableBufferPointer(rebasing: buffer[moved..<moved + size])
                _ = target.update(fromContentsOf: piece[..<size])
            }
            moved += size
            if size == pieces[first].count {
                // What is sent is let go at once.
                pieces[first] = []
                first += 1
            } else {
                pieces[first] = pieces[first].dropFirst(size)
            }
        }
        count -= moved
        if count == 0 { self = BodyQueue() }
        return moved
    }
}
