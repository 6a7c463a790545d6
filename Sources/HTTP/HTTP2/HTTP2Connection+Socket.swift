import CNGHTTP2
import Glibc
import Synchronization

// MARK: - Between the socket and the library

extension HTTP2Connection {
    func handle(_ events: PollEvents) {
        if events.contains(.writable), phase == .open { pump() }
        switch phase {
        case .closed: return
        case .open, .lingering:
            if events.contains(.readable) {
                read()
            } else if events.contains(.closed) || events.contains(.readClosed) {
                close()
            }
        }
    }

    private func read() {
        let count = recv(socket, loop.scratch.baseAddress, loop.scratch.count, 0)
        if count > 0 {
            if phase == .lingering {
                lingeredBytes += count
                if lingeredBytes > HTTPConnection.lingerBytesMax { close() }
                return
            }
            let bytes = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
            feed(bytes.assumingMemoryBound(to: UInt8.self))
        } else if count == 0 {
            // A client of HTTP/2 that sends nothing more has left.
            close()
        } else if errno != EAGAIN, errno != EINTR {
            close()
        }
    }

    /// Lets the library read, hands the complete requests on and writes what there is to write.
    func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
        isInLibrary = true
        let count = nghttp2_session_mem_recv(session, bytes.baseAddress, bytes.count)
        isInLibrary = false
        isGathering = true
        let requests = ready
        ready = []
        for stream in requests where stream.state == .handling { deliver(stream) }
        tellEnded()
        isGathering = false
        if phase != .open { return }
        // What is no HTTP/2 from its first byte on; other errors make the library send GOAWAY.
        if count < 0 { close() } else { pump() }
    }

    private func deliver(_ stream: HTTP2Stream) {
        let request = HTTPRequest(
            method: stream.head.method, target: stream.head.path, headers: stream.head.takeFields(),
            body: stream.body, peer: peer)
        stream.body = []
        server.handler(request, HTTPResponder(stream))
    }

    /// Runs the actions of streams that are gone.
    func tellEnded() {
        while !ended.isEmpty {
            let streams = ended
            ended = []
            for stream in streams {
                let action = stream.disconnectAction
                stream.disconnectAction = nil
                action?()
            }
        }
    }

    private func tellRefusals() {
        let statuses = refusals
        refusals = []
        for status in statuses { server.onRefusal?(status) }
    }

    /// Moves what the library has to say to the socket, as far as the socket takes it.
    func pump() {
        precondition(!isInLibrary, "the library is entered once")
        if isGathering || phase != .open { return }
        tellRefusals()
        var hasMore = true
        while hasMore {
            guard let isFull = fill() else { return close() }
            hasMore = isFull
            let before = output.count
            switch output.write(to: socket) {
            case .failed: return close()
            case .blocked:
                if output.count < before || outputTime == 0 { outputTime = loop.wakeTime }
                note(outputTime + server.writeNanoseconds)
                hasMore = false
            case .done: outputTime = 0
            }
        }
        tellEnded()
        if phase != .open { return }
        tellDrained()
        updateInterest()
        finishIfDone()
    }

    /// Takes from the library; returns whether there may be more, nil after an error.
    func fill() -> Bool? {
        while output.count < Self.outputBytesMax {
            var data: UnsafePointer<UInt8>?
            isInLibrary = true
            let count = nghttp2_session_mem_send(session, &data)
            isInLibrary = false
            if count < 0 { return nil }
            guard count > 0, let data else { return false }
            output.append { $0.append(contentsOf: UnsafeBufferPointer(start: data, count: count)) }
        }
        return true
    }

    private func updateInterest() {
        var events: PollEvents = .readClosed
        if !output.isEmpty { events.insert(.writable) }
        // A client that does not read is not listened to either.
        if output.count < Self.outputBytesMax { events.insert(.readable) }
        loop.change(socket, events)
    }

    private func finishIfDone() {
        guard output.isEmpty, nghttp2_session_want_read(session) == 0,
            nghttp2_session_want_write(session) == 0
        else { return }
        // Unread bytes would make the kernel reset the connection and take the last frame back.
        phase = .lingering
        shutdown(socket, Int32(SHUT_WR))
        loop.change(socket, [.readable, .readClosed])
        note(loop.wakeTime + HTTPConnection.lingerTime.nanosecondsFromZero)
    }
}

// MARK: - What the callbacks call

extension HTTP2Connection {
    func begin(_ id: Int32) {
        let stream = HTTP2Stream(id: id, connection: self, now: loop.wakeTime)
        streams[id] = stream
        note(stream.startTime + server.requestNanoseconds)
    }

    /// A head is complete.
    func headArrived(_ stream: HTTP2Stream, isLast: Bool) {
        guard stream.state == .receiving else { return }
        if let problem = stream.head.problem {
            refuse(stream, problem)
        } else if stream.head.expectsContinue, !isLast {
            sendContinue(stream)
        }
    }

    func bodyArrived(_ stream: HTTP2Stream, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard stream.state == .receiving else { return }
        guard stream.body.count + bytes.count <= server.limits.bodyBytesMax(of: stream.head.path) else {
            return refuse(stream, .bodyTooLarge)
        }
        server.heldBytes += bytes.count
        stream.body.append(contentsOf: bytes)
        if server.heldBytes > server.limits.heldBytesMax { refuse(stream, .overloaded) }
    }

    func requestEnded(_ stream: HTTP2Stream) {
        stream.isRequestOpen = false
        guard stream.state == .receiving else { return }
        server.heldBytes -= stream.body.count
        stream.state = .handling
        ready.append(stream)
    }

    func closed(_ id: Int32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        end(stream)
        if streams.isEmpty {
            idleTime = loop.wakeTime
            noteIdle()
        }
    }

    /// Forgets what a stream holds; its action comes with `tellEnded`.
    func end(_ stream: HTTP2Stream) {
        if stream.state == .receiving { server.heldBytes -= stream.body.count }
        stream.state = .closed
        stream.isConnected.store(false, ordering: .relaxed)
        stream.body = []
        stream.pending = BodyQueue()
        stream.drainAction = nil
        if stream.disconnectAction != nil { ended.append(stream) }
    }
}
