import Glibc

/// What is still to be written to one socket: large pieces as they came, small ones joined.
struct OutputQueue {
    enum Outcome: Equatable {
        case done
        /// The socket takes no more for now.
        case blocked
        case failed(Int32)
    }

    /// Below this a copy is cheaper than another entry in the kernel's list.
    private static let copiedBytes = 2048
    /// Memory that is kept for the next answer.
    private static let keptBytes = 6 * 1024
    /// Pieces in one system call; the kernel takes 1,024.
    private static let piecesMax = 64

    /// Written before `tail`.
    private var pieces: [ArraySlice<UInt8>] = []
    private var firstPiece = 0
    private var tail: [UInt8] = []
    private var tailStart = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Lets `body` append small things such as a head.
    mutating func append(_ body: (inout [UInt8]) -> Void) {
        let before = tail.count
        body(&tail)
        count += tail.count - before
    }

    mutating func append(_ piece: ArraySlice<UInt8>) {
        count += piece.count
        if piece.count <= Self.copiedBytes {
            tail.append(contentsOf: piece)
            return
        }
        if tailStart < tail.count {
            pieces.append(tail[tailStart...])
            tail = []
        }
        tail.removeAll(keepingCapacity: true)
        tailStart = 0
        pieces.append(piece)
    }

    mutating func removeAll() {
        self = OutputQueue()
    }

    /// Writes as much as the socket takes.
    mutating func write(to socket: Int32) -> Outcome {
        while count > 0 {
            let written = firstPiece == pieces.count ? sendTail(socket) : sendPieces(socket)
            if written < 0 {
                let code = errno
                if code == EINTR { continue }
                return code == EAGAIN ? .blocked : .failed(code)
            }
            advance(written)
        }
        return .done
    }

    private func sendTail(_ socket: Int32) -> Int {
        tail.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[tailStart...])
            return Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
    }

    private func sendPieces(_ socket: Int32) -> Int {
        let end = min(pieces.count, firstPiece + Self.piecesMax)
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: end - firstPiece + 1) { vectors in
            vectors.initialize(repeating: iovec())
            return send(socket, from: firstPiece, to: end, into: vectors, used: 0)
        }
    }

    /// Borrows one piece after the other, each inside the borrow of the one before, and sends them together.
    private func send(
        _ socket: Int32, from piece: Int, to end: Int, into vectors: UnsafeMutableBufferPointer<iovec>,
        used: Int
    ) -> Int {
        if piece < end {
            return pieces[piece].withUnsafeBytes { bytes in
                vectors[used] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                return send(socket, from: piece + 1, to: end, into: vectors, used: used + 1)
            }
        }
        return tail.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[tailStart...])
            vectors[used] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count)
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            // The tail comes after the last piece only.
            message.msg_iovlen = used + (end == pieces.count && !rest.isEmpty ? 1 : 0)
            return sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
        }
    }

    private mutating func advance(_ written: Int) {
        count -= written
        var left = written
        while left > 0, firstPiece < pieces.count {
            let size = pieces[firstPiece].count
            if left < size {
                pieces[firstPiece] = pieces[firstPiece].dropFirst(left)
                return
            }
            left -= size
            // What is written is let go at once; a large answer may be the last user of its memory.
            pieces[firstPiece] = []
            firstPiece += 1
        }
        tailStart += left
        if count > 0 { return }
        pieces.removeAll(keepingCapacity: pieces.capacity <= Self.piecesMax)
        firstPiece = 0
        tail.removeAll(keepingCapacity: tail.capacity <= Self.keptBytes)
        tailStart = 0
    }
}
