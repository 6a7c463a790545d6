import Glibc

// MARK: - Answers in pieces

extension HTTPConnection {
    /// Sends the head of an answer whose length nobody knows yet.
    func beginStream(status: Int, headers: [(String, String)], of request: UInt64) {
        precondition(loop.isCurrent, "an answer is streamed on its loop")
        precondition(ResponseHead.hasLength(status), "an answer with status \(status) has no content")
        // The client may have left, and then nobody waits for this answer.
        guard case .handling(let exchange) = phase, exchange.request == request else { return }
        phase = .streaming(exchange)
        let head = HTTPResponse(status: status, headers: headers)
        // HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
        let closes = closesAfter(exchange)
        let framing: ResponseHead.Framing = exchange.isOldVersion ? .untilClose : .chunked
        output.append { ResponseHead.append(head, framing, closes ? .closed : .keptSilently, to: &$0) }
        if !isConsuming { flush() }
    }

    private func closesAfter(_ exchange: Exchange) -> Bool {
        !exchange.keepsAlive || exchange.isOldVersion || server.isDraining
    }

    private func streamedExchange(of request: UInt64) -> Exchange? {
        precondition(loop.isCurrent, "an answer is streamed on its loop")
        guard case .streaming(let exchange) = phase, exchange.request == request else { return nil }
        return exchange
    }

    func writeToStream(_ bytes: ArraySlice<UInt8>, of request: UInt64) -> Bool {
        guard let exchange = streamedExchange(of: request) else { return false }
        // A chunk without bytes would be the last one.
        if !bytes.isEmpty, !exchange.isHead {
            if exchange.isOldVersion {
                output.append(bytes)
            } else {
                output.append { ResponseHead.appendChunkSize(bytes.count, to: &$0) }
                output.append(bytes)
                output.append { $0 += [0x0D, 0x0A] }
            }
            if !isConsuming { flush() }
        }
        guard phase == .streaming(exchange) else { return false }
        if output.count > server.limits.streamBytesMax {
            close()
            return false
        }
        wantsDrain = output.count >= HTTPStreamWriter.highWaterBytes
        return !wantsDrain
    }

    func finishStream(of request: UInt64) {
        guard let exchange = streamedExchange(of: request) else { return }
        if !exchange.isOldVersion, !exchange.isHead {
            output.append { ResponseHead.appendLastChunk(to: &$0) }
        }
        drainAction = nil
        wantsDrain = false
        finishExchange(closes: closesAfter(exchange))
    }

    /// Cuts an answer off whose writer was let go: the client misses the last chunk. From any thread.
    func abandonStream(of request: UInt64) {
        if loop.isCurrent {
            if streamedExchange(of: request) != nil { close() }
        } else {
            loop.execute { [self] in
                if streamedExchange(of: request) != nil { close() }
            }
        }
    }

    func pendingBytes(of request: UInt64) -> Int {
        streamedExchange(of: request) == nil ? 0 : output.count
    }

    func setDrainAction(_ action: @escaping @Sendable () -> Void, for request: UInt64) {
        if streamedExchange(of: request) != nil { drainAction = action }
    }

    /// After each write to the socket: says that there is room again, in the loop's next round.
    func checkDrained() {
        guard wantsDrain, output.count <= HTTPStreamWriter.lowWaterBytes else { return }
        wantsDrain = false
        loop.executeLater { [self] in
            if case .streaming = phase { drainAction?() }
        }
    }
}
