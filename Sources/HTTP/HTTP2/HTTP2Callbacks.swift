import CNGHTTP2

/// What nghttp2 calls. Each callback finds its connection, notes what happened, and returns.
enum HTTP2Callbacks {
    /// Made once, never changed and never freed.
    nonisolated(unsafe) static let table: OpaquePointer? = {
        var table: OpaquePointer?
        let code = nghttp2_session_callbacks_new(&table)
        precondition(code == 0, "there is memory for a table of callbacks")
        nghttp2_session_callbacks_set_on_begin_headers_callback(table) { _, frame, context in
            guard let frame, let connection = connection(context), isRequest(frame) else { return 0 }
            connection.begin(frame.pointee.hd.stream_id)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(table) {
            _, frame, name, nameCount, value, valueCount, _, context in
            // Trailers say nothing that a handler reads.
            guard let frame, let stream = stream(frame.pointee.hd.stream_id, context), isRequest(frame) else {
                return 0
            }
            stream.head.add(
                UnsafeBufferPointer(start: name, count: nameCount),
                UnsafeBufferPointer(start: value, count: valueCount), stream.connection.server.limits)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) { _, _, id, data, count, context in
            guard let stream = stream(id, context) else { return 0 }
            stream.connection.bodyArrived(stream, UnsafeBufferPointer(start: data, count: count))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(table) { _, frame, context in
            guard let frame, let stream = stream(frame.pointee.hd.stream_id, context) else { return 0 }
            let kind = UInt32(frame.pointee.hd.type)
            guard kind == NGHTTP2_HEADERS.rawValue || kind == NGHTTP2_DATA.rawValue else { return 0 }
            let isLast = UInt32(frame.pointee.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
            if isRequest(frame) { stream.connection.headArrived(stream, isLast: isLast) }
            if isLast { stream.connection.requestEnded(stream) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(table) { _, id, _, context in
            connection(context)?.closed(id)
            return 0
        }
        return table
    }()

    /// Made once, never changed and never freed.
    nonisolated(unsafe) static let options: OpaquePointer? = {
        var options: OpaquePointer?
        let code = nghttp2_option_new(&options)
        precondition(code == 0, "there is memory for options")
        // Closed streams are kept for priorities only, which nobody sends.
        nghttp2_option_set_no_closed_streams(options, 1)
        return options
    }()

    static let readBody: nghttp2_data_source_read_callback = { _, id, buffer, count, flags, _, context in
        guard let connection = connection(context), let flags else {
            return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        }
        return connection.readBody(id, UnsafeMutableBufferPointer(start: buffer, count: count), flags)
    }
}

private func connection(_ context: UnsafeMutableRawPointer?) -> HTTP2Connection? {
    context.map { Unmanaged<HTTP2Connection>.fromOpaque($0).takeUnretainedValue() }
}

private func stream(_ id: Int32, _ context: UnsafeMutableRawPointer?) -> HTTP2Stream? {
    connection(context)?.streams[id]
}

/// Whether the frame is the head of a request, not its trailers.
private func isRequest(_ frame: UnsafePointer<nghttp2_frame>) -> Bool {
    UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue
        && frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
}
