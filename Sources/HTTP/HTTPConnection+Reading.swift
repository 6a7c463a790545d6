import Glibc
import Synchronization

// MARK: - From the socket to the handler

extension HTTPConnection {
    /// Reads once; what is left makes the descriptor ready again.
    func read() {
        var capacity = loop.scratch.count
        if phase.request != nil { capacity = min(capacity, Self.pendingBytesMax - pending.count) }
        let count = recv(socket, loop.scratch.baseAddress, capacity, 0)
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
            received(bytes.assumingMemoryBound(to: UInt8.self))
        } else if count == 0 {
            readingEnded()
        } else if errno != EAGAIN, errno != EINTR {
            close()
        }
    }

    private func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch phase {
        // Not before what came earlier and is about to be consumed.
        case .receiving where firstBytes != nil: receivedFirst(bytes)
        case .receiving where pending.isEmpty: consume(bytes)
        case .receiving, .handling, .streaming, .sending:
            pending.append(contentsOf: bytes)
            updateInterest()
        case .lingering:
            lingeredBytes += bytes.count
            if lingeredBytes > Self.lingerBytesMax { close() }
        case .closed: break
        }
    }

    /// Finds out by its first bytes what the client speaks.
    private func receivedFirst(_ bytes: UnsafeBufferPointer<UInt8>) {
        let preface = HTTP2Connection.preface
        let first = firstBytes ?? []
        // One look tells all that speak HTTP/1.1 and send a whole line at once.
        if first.isEmpty, bytes.count >= preface.count, bytes[1] != preface[1] {
            firstBytes = nil
            return consume(bytes)
        }
        let all = first + bytes
        if all.starts(with: preface) {
            loop.unwatch(socket)
            phase = .closed
            server.replace(self, with: all)
        } else if preface.starts(with: all) {
            firstBytes = all
            setDeadline(server.requestNanoseconds)
        } else {
            firstBytes = nil
            all.withUnsafeBufferPointer { consume($0) }
        }
    }

    /// The client has closed its sending half or all of its connection; nobody can tell which.
    func readingEnded() {
        isReadClosed = true
        switch phase {
        case .receiving where !pending.isEmpty: updateInterest()
        case .receiving, .lingering: close()
        case .handling, .streaming:
            isConnected.store(false, ordering: .relaxed)
            if disconnectAction == nil { updateInterest() } else { close() }
        case .sending, .closed: updateInterest()
        }
    }

    /// Hands on the requests in `bytes` and keeps what follows an unanswered one.
    func consume(_ bytes: UnsafeBufferPointer<UInt8>) {
        isConsuming = true
        var position = 0
        while position < bytes.count, phase == .receiving {
            let rest = UnsafeBufferPointer(rebasing: bytes[position...])
            do {
                let (consumed, message) = try parser.consume(rest)
                position += consumed
                if let message { deliver(message) }
            } catch {
                isConsuming = false
                refuse(error)
                return
            }
        }
        isConsuming = false
        if position < bytes.count, phase != .closed {
            pending.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[position...]))
        }
        settle()
    }

    private func deliver(_ message: RequestParser.Message) {
        requestCount += 1
        let head = message.head
        hasSentContinue = false
        deadline = .max
        phase = .handling(
            Exchange(
                request: requestCount, keepsAlive: head.keepsAlive, isOldVersion: head.isOldVersion,
                isHead: head.method == "HEAD"))
        let request = HTTPRequest(
            method: head.method, target: head.target, headers: head.headers, body: message.body, peer: peer)
        server.handler(request, HTTPResponder(self, request: requestCount))
    }

    /// After a round of consuming: writes what was answered, and sees to deadlines, limits and `100 Continue`.
    private func settle() {
        if phase == .closed { return }
        countHeldBytes()
        if phase == .receiving, !parser.isBetweenRequests {
            if deadline == .max || requestCountOfDeadline != requestCount {
                requestCountOfDeadline = requestCount
                setDeadline(server.requestNanoseconds)
            }
            if server.heldBytes > server.limits.heldBytesMax {
                refuse(.overloaded)
                return
            }
            if parser.wantsContinue, !hasSentContinue {
                hasSentContinue = true
                output.append { ResponseHead.appendContinue(to: &$0) }
            }
        }
        if !output.isEmpty {
            flush()
        } else if phase.request != nil, pending.count >= Self.pendingBytesMax {
            updateInterest()
        }
    }

    func countHeldBytes() {
        let held = phase == .closed ? 0 : parser.heldBytes
        server.heldBytes += held - heldBytes
        heldBytes = held
    }

    /// Goes on with what came in while the last request was being answered.
    func consumePending() {
        guard phase == .receiving else { return }
        let bytes = pending
        pending = []
        if !bytes.isEmpty { bytes.withUnsafeBufferPointer { consume($0) } }
        if phase == .receiving, isReadClosed { close() }
    }
}
