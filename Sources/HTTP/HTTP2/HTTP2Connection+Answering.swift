import CNGHTTP2
import Glibc

// MARK: - From the answer to the library

extension HTTP2Connection {
    /// Brings an answer to the loop; from any thread.
    func post(_ response: HTTPResponse, to stream: HTTP2Stream) {
        if loop.isCurrent {
            answer(response, to: stream)
        } else {
            loop.execute { [self] in answer(response, to: stream) }
        }
    }

    private func answer(_ response: HTTPResponse, to stream: HTTP2Stream) {
        // The client may have left, and then nobody waits for this answer.
        guard stream.state == .handling else { return }
        stream.disconnectAction = nil
        submit(response, to: stream)
        pump()
    }

    private func submit(_ response: HTTPResponse, to stream: HTTP2Stream) {
        let told = (stream.head.method == "HEAD" ? response.headLength : nil) ?? response.body.count
        let length = ResponseHead.hasLength(response.status) ? told : nil
        if length != nil, stream.head.method != "HEAD" {
            switch response.body {
            case .bytes(let bytes): stream.pending.append(bytes[...])
            case .slices(let slices): for slice in slices { stream.pending.append(slice) }
            }
        }
        stream.state = .answering(isComplete: true)
        submitHead(response, length: length, of: stream, hasBody: !stream.pending.isEmpty)
    }

    private func submitHead(_ response: HTTPResponse, length: Int?, of stream: HTTP2Stream, hasBody: Bool) {
        var fields = HTTP2Fields()
        fields.add(":status", String(response.status))
        for (name, value) in response.headers where !ResponseHead.isOurs(name) { fields.add(name, value) }
        if let length { fields.add("content-length", String(length)) }
        var provider = nghttp2_data_provider()
        provider.read_callback = HTTP2Callbacks.readBody
        let code = fields.withPairs { pairs in
            hasBody
                ? nghttp2_submit_response(session, stream.id, pairs.baseAddress, pairs.count, &provider)
                : nghttp2_submit_response(session, stream.id, pairs.baseAddress, pairs.count, nil)
        }
        stream.progressTime = loop.wakeTime
        if hasBody { note(stream.progressTime + server.writeNanoseconds) }
        // Only for want of memory; the client sees that its answer does not come.
        if code != 0 { reset(stream, NGHTTP2_INTERNAL_ERROR) }
    }

    func sendContinue(_ stream: HTTP2Stream) {
        var fields = HTTP2Fields()
        fields.add(":status", "100")
        let code = fields.withPairs { pairs in
            nghttp2_submit_headers(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, nil, pairs.baseAddress, pairs.count,
                nil)
        }
        if code != 0 { reset(stream, NGHTTP2_INTERNAL_ERROR) }
    }

    /// Answers what no handler gets to see. The rest of the request is read and forgotten.
    func refuse(_ stream: HTTP2Stream, _ error: RequestError) {
        server.heldBytes -= stream.body.count
        stream.body = []
        refusals.append(error.status)
        let headers = [("content-type", "text/plain; charset=utf-8")]
        submit(
            HTTPResponse(status: error.status, headers: headers, body: .bytes(Array(error.reason.utf8))),
            to: stream)
    }

    func reset(_ stream: HTTP2Stream, _ code: nghttp2_error_code) {
        // Fails only for want of memory, and then the deadlines end the stream.
        _ = nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, UInt32(code.rawValue))
    }

    func setDisconnectAction(_ action: @escaping @Sendable () -> Void, for stream: HTTP2Stream) {
        precondition(loop.isCurrent, "a client is watched on its loop")
        switch stream.state {
        case .receiving, .handling, .answering(isComplete: false): stream.disconnectAction = action
        case .answering(isComplete: true): break
        case .closed: action()
        }
    }
}

// MARK: - Answers in pieces

extension HTTP2Connection {
    func beginStream(status: Int, headers: [(String, String)], of stream: HTTP2Stream) {
        precondition(loop.isCurrent, "an answer is streamed on its loop")
        precondition(ResponseHead.hasLength(status), "an answer with status \(status) has no content")
        guard stream.state == .handling else { return }
        stream.state = .answering(isComplete: false)
        let hasBody = stream.head.method != "HEAD"
        submitHead(HTTPResponse(status: status, headers: headers), length: nil, of: stream, hasBody: hasBody)
        pump()
    }

    func write(_ bytes: ArraySlice<UInt8>, to stream: HTTP2Stream) -> Bool {
        precondition(loop.isCurrent, "an answer is streamed on its loop")
        guard stream.state == .answering(isComplete: false) else { return false }
        if !bytes.isEmpty, stream.head.method != "HEAD" {
            if stream.pending.isEmpty { stream.progressTime = loop.wakeTime }
            stream.pending.append(bytes)
            resume(stream)
            pump()
            if !stream.pending.isEmpty { note(stream.progressTime + server.writeNanoseconds) }
        }
        guard stream.state == .answering(isComplete: false) else { return false }
        if stream.pending.count > server.limits.streamBytesMax {
            reset(stream, NGHTTP2_CANCEL)
            pump()
            return false
        }
        guard stream.pending.count >= HTTPStreamWriter.highWaterBytes else { return true }
        if !stream.wantsDrain {
            stream.wantsDrain = true
            drainWaiters.append(stream)
        }
        return false
    }

    func finish(_ stream: HTTP2Stream) {
        precondition(loop.isCurrent, "an answer is streamed on its loop")
        guard stream.state == .answering(isComplete: false) else { return }
        stream.state = .answering(isComplete: true)
        stream.disconnectAction = nil
        stream.drainAction = nil
        resume(stream)
        pump()
    }

    /// Ends an answer whose writer was let go, with an error that the client sees. From any thread.
    func abandon(_ stream: HTTP2Stream) {
        if !loop.isCurrent { return loop.execute { [self] in abandon(stream) } }
        guard stream.state == .answering(isComplete: false) else { return }
        reset(stream, NGHTTP2_INTERNAL_ERROR)
        pump()
    }

    private func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        // Fails only for a stream that is gone, which its closing tells.
        _ = nghttp2_session_resume_data(session, stream.id)
    }

    /// Says that there is room again, in the loop's next round.
    func tellDrained() {
        if drainWaiters.isEmpty { return }
        drainWaiters.removeAll { stream in
            if stream.state == .closed { return true }
            guard stream.pending.count <= HTTPStreamWriter.lowWaterBytes else { return false }
            stream.wantsDrain = false
            loop.executeLater { stream.drainAction?() }
            return true
        }
    }

    /// Gives the library a piece of a body; called by it.
    func readBody(
        _ id: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>, _ flags: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let stream = streams[id] else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        let count = stream.pending.move(to: buffer)
        stream.progressTime = loop.wakeTime
        if stream.pending.isEmpty {
            if stream.state == .answering(isComplete: true) {
                flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            } else if count == 0 {
                stream.isDeferred = true
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            }
        }
        return count
    }
}

/// The fields of an answer's head, in one piece of memory.
private struct HTTP2Fields {
    private var bytes: [UInt8] = []
    private var ends: [(name: Int, value: Int)] = []

    /// Names become lower case; control characters in values become spaces, and none stands at an end (RFC 9113 §8.2.1).
    mutating func add(_ name: String, _ value: String) {
        bytes.append(contentsOf: name.utf8.lazy.map(lowerCased))
        let middle = bytes.count
        for byte in value.utf8 {
            let byte = isAllowedInValue(byte) ? byte : 0x20
            if !isBlank(byte) || bytes.count > middle { bytes.append(byte) }
        }
        while bytes.count > middle, isBlank(bytes[bytes.count - 1]) { bytes.removeLast() }
        ends.append((middle, bytes.count))
    }

    /// Lends the fields to `body`; the library copies what it keeps.
    mutating func withPairs<T>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> T) -> T {
        let ends = ends
        return bytes.withUnsafeMutableBufferPointer { buffer in
            var pairs: [nghttp2_nv] = []
            pairs.reserveCapacity(ends.count)
            var start = 0
            for end in ends {
                pairs.append(
                    nghttp2_nv(
                        name: buffer.baseAddress?.advanced(by: start),
                        value: buffer.baseAddress?.advanced(by: end.name), namelen: end.name - start,
                        valuelen: end.value - end.name, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                start = end.value
            }
            return pairs.withUnsafeBufferPointer(body)
        }
    }
}
