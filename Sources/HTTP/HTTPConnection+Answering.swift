import Glibc

// MARK: - From the answer to the socket

extension HTTPConnection {
    /// Brings an answer to the loop; from any thread.
    func post(_ response: HTTPResponse, to request: UInt64) {
        if loop.isCurrent {
            answer(response, to: request)
        } else {
            loop.execute { [self] in answer(response, to: request) }
        }
    }

    private func answer(_ response: HTTPResponse, to request: UInt64) {
        // The client may have left, and then nobody waits for this answer.
        guard case .handling(let exchange) = phase, exchange.request == request else { return }
        let closes = !exchange.keepsAlive || server.isDraining
        let length = (exchange.isHead ? response.headLength : nil) ?? response.body.count
        let persistence: ResponseHead.Persistence =
            closes ? .closed : exchange.isOldVersion ? .kept : .keptSilently
        output.append { ResponseHead.append(response, .length(length), persistence, to: &$0) }
        if !exchange.isHead, ResponseHead.hasLength(response.status) {
            switch response.body {
            case .bytes(let bytes): output.append(bytes[...])
            case .slices(let slices): for slice in slices { output.append(slice) }
            }
        }
        finishExchange(closes: closes)
    }

    /// The whole answer is in `output`.
    func finishExchange(closes: Bool) {
        disconnectAction = nil
        phase = closes ? .sending(closesAfter: true) : .receiving
        if !isConsuming || output.count > EventLoop.scratchByteCount { flush() }
    }

    /// Writes what there is; then goes on to what the client sends next, or closes.
    func flush() {
        let count = output.count
        switch output.write(to: socket) {
        case .failed: close()
        case .blocked:
            if phase == .receiving { phase = .sending(closesAfter: false) }
            // Further pieces of a stream that nobody reads do not buy it time.
            if !phase.isStreaming || output.count < count || deadline == .max {
                setDeadline(server.writeNanoseconds)
            }
            updateInterest()
            checkDrained()
        case .done: written()
        }
    }

    private func written() {
        switch phase {
        case .sending(closesAfter: true):
            finishSending()
        case .receiving, .sending(closesAfter: false):
            phase = .receiving
            if parser.isBetweenRequests { setDeadline(server.idleNanoseconds) }
            if server.isDraining, parser.isBetweenRequests, pending.isEmpty {
                close()
                return
            }
            updateInterest()
            if !isConsuming, !pending.isEmpty || isReadClosed {
                loop.executeLater { [self] in consumePending() }
            }
        case .handling: updateInterest()
        case .streaming:
            deadline = .max
            updateInterest()
            checkDrained()
        case .lingering, .closed: break
        }
    }

    /// Closes a connection whose last answer is written.
    private func finishSending() {
        // Unread bytes would make the kernel reset the connection and take the answer back.
        if isReadClosed || (pending.isEmpty && parser.isBetweenRequests && !hasRefused) {
            close()
            return
        }
        phase = .lingering
        pending = []
        shutdown(socket, Int32(SHUT_WR))
        setDeadline(Self.lingerTime.nanosecondsFromZero)
        updateInterest()
    }

    /// Answers what is no request, and closes.
    func refuse(_ error: RequestError) {
        hasRefused = true
        // What came in is of no use any more and must not stand in the way of others.
        parser = RequestParser(limits: server.limits)
        countHeldBytes()
        let body = [UInt8](error.reason.utf8)
        let headers = [("Content-Type", "text/plain; charset=utf-8")]
        let response = HTTPResponse(status: error.status, headers: headers, body: .bytes(body))
        output.append { ResponseHead.append(response, .length(body.count), .closed, to: &$0) }
        output.append(body[...])
        phase = .sending(closesAfter: true)
        pending = []
        flush()
        server.onRefusal?(error.status)
    }

    func setDisconnectAction(_ action: @escaping @Sendable () -> Void, for request: UInt64) {
        precondition(loop.isCurrent, "a client is watched on its loop")
        // Without a client, or with one whose request is answered, there is nothing left to watch.
        guard phase.request == request else {
            if phase == .closed, request == requestCount { action() }
            return
        }
        disconnectAction = action
        if isReadClosed { close() }
    }
}
