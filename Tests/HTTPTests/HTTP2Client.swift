import CNGHTTP2
import HTTP

/// A client that speaks HTTP/2 over a raw connection. It reads only inside of its waiting methods.
final class HTTP2Client {
    struct Answer: Equatable {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// The error that the stream ended with; nil while it lasts.
        var error: UInt32?

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What the callbacks note.
    private final class Notes {
        var answers: [Int32: Answer] = [:]
        var bodies: [Int32: ArraySlice<UInt8>] = [:]
        var goAway: UInt32?
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    let raw: RawClient
    private let notes = Notes()
    private var session: OpaquePointer?
    private(set) var isAtEnd = false

    /// - Parameters:
    ///   - readsByItself: false leaves opening the windows to `open(_:by:)`.
    ///   - window: Bytes of each answer that may come before the client opens it further.
    init(port: UInt16, readsByItself: Bool = true, window: UInt32 = 65_535, receiveBuffer: Int32? = nil) {
        raw = RawClient(port: port, receiveBuffer: receiveBuffer)
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        Self.fill(callbacks)
        var options: OpaquePointer?
        nghttp2_option_new(&options)
        nghttp2_option_set_no_auto_window_update(options, readsByItself ? 0 : 1)
        nghttp2_option_set_peer_max_concurrent_streams(options, 10_000)
        nghttp2_session_client_new2(&session, callbacks, Unmanaged.passUnretained(notes).toOpaque(), options)
        nghttp2_session_callbacks_del(callbacks)
        nghttp2_option_del(options)
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        let id = Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue)
        var entry = nghttp2_settings_entry(settings_id: id, value: window)
        nghttp2_submit_settings(session, none, &entry, 1)
        if readsByItself { nghttp2_session_set_local_window_size(session, none, 0, 1 << 30) }
        push()
    }

    deinit { nghttp2_session_del(session) }

    private static func fill(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, context in
            guard let frame, let context else { return 0 }
            let notes = Unmanaged<Notes>.fromOpaque(context).takeUnretainedValue()
            let key = String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
            let text = String(decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
            let id = frame.pointee.hd.stream_id
            if key == ":status" {
                notes.answers[id, default: Answer()].status = Int(text) ?? 0
            } else {
                notes.answers[id, default: Answer()].headers[key] = text
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            _, _, id, data, count, context in
            guard let context else { return 0 }
            let notes = Unmanaged<Notes>.fromOpaque(context).takeUnretainedValue()
            notes.answers[id, default: Answer()].body += UnsafeBufferPointer(start: data, count: count)
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, context in
            guard let context else { return 0 }
            let notes = Unmanaged<Notes>.fromOpaque(context).takeUnretainedValue()
            notes.answers[id, default: Answer()].error = code
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let frame, let context, UInt32(frame.pointee.hd.type) == NGHTTP2_GOAWAY.rawValue else {
                return 0
            }
            let notes = Unmanaged<Notes>.fromOpaque(context).takeUnretainedValue()
            notes.goAway = frame.pointee.goaway.error_code
            return 0
        }
    }
}

// MARK: - Sending

extension HTTP2Client {
    /// Sends a request; with a body only as far as the windows let it.
    @discardableResult
    func request(
        _ path: String?, method: String = "GET", headers: [(String, String)] = [], body: [UInt8]? = nil
    ) -> Int32 {
        var fields = [(":method", method), (":scheme", "http"), (":authority", "millrace:1")]
        if let path { fields.append((":path", path)) }
        var provider = nghttp2_data_provider()
        provider.read_callback = { _, id, buffer, count, flags, _, context in
            guard let context, let flags else { return -1 }
            let notes = Unmanaged<Notes>.fromOpaque(context).takeUnretainedValue()
            let rest = notes.bodies[id] ?? []
            let piece = rest.prefix(count)
            for (offset, byte) in piece.enumerated() { buffer?[offset] = byte }
            notes.bodies[id] = rest.dropFirst(piece.count)
            if piece.count == rest.count { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            return piece.count
        }
        let id = Self.withPairs(fields + headers) { pairs in
            body == nil
                ? nghttp2_submit_request(session, nil, pairs.baseAddress, pairs.count, nil, nil)
                : nghttp2_submit_request(session, nil, pairs.baseAddress, pairs.count, &provider, nil)
        }
        if let body { notes.bodies[id] = body[...] }
        push()
        return id
    }

    private static func withPairs(
        _ fields: [(String, String)], _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Int32
    ) -> Int32 {
        var bytes = fields.flatMap { Array($0.0.utf8) + Array($0.1.utf8) }
        return bytes.withUnsafeMutableBufferPointer { buffer in
            var start = 0
            let pairs = fields.map { name, value in
                defer { start += name.utf8.count + value.utf8.count }
                return nghttp2_nv(
                    name: buffer.baseAddress?.advanced(by: start),
                    value: buffer.baseAddress?.advanced(by: start + name.utf8.count),
                    namelen: name.utf8.count, valuelen: value.utf8.count, flags: 0)
            }
            return pairs.withUnsafeBufferPointer(body)
        }
    }

    func reset(_ id: Int32) {
        nghttp2_submit_rst_stream(session, 0, id, NGHTTP2_CANCEL.rawValue)
        push()
    }

    /// Lets that many more bytes of a stream come.
    func open(_ id: Int32, by count: Int) {
        nghttp2_session_consume(session, id, count)
        push()
    }

    /// Sends what the library has to say.
    func push() {
        var data: UnsafePointer<UInt8>?
        while true {
            let count = nghttp2_session_mem_send(session, &data)
            guard count > 0, let data else { return }
            raw.send(Array(UnsafeBufferPointer(start: data, count: count)))
        }
    }
}

// MARK: - Receiving

extension HTTP2Client {
    var goAway: UInt32? { notes.goAway }

    func answer(_ id: Int32) -> Answer { notes.answers[id] ?? Answer() }

    /// Reads until the condition holds; false at the end of the connection or when time is up.
    func wait(until condition: () -> Bool) -> Bool {
        while !condition() {
            let bytes = raw.receiveBytes()
            if bytes.isEmpty {
                isAtEnd = true
                return condition()
            }
            nghttp2_session_mem_recv(session, bytes, bytes.count)
            push()
        }
        return true
    }

    /// Reads until the stream has ended.
    func finished(_ id: Int32) -> Answer? {
        wait { answer(id).error != nil } ? answer(id) : nil
    }

    /// Reads to the end of the connection.
    func waitForEnd() -> Bool {
        _ = wait { false }
        return isAtEnd
    }
}

extension HTTP2Client {
    /// A client that is past the preface, for frames of the test's own.
    static func withFrames(port: UInt16, _ hex: String) -> RawClient {
        let raw = RawClient(port: port)
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        raw.send(preface + settings + frames(hex))
        return raw
    }

    /// Bytes from hexadecimal digits, spaces between.
    static func frames(_ hex: String) -> [UInt8] {
        let digits = Array(hex.filter { $0 != " " })
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }

    /// The error code of the first GOAWAY up to the end of the connection.
    static func goAway(in raw: RawClient) -> UInt32? {
        let bytes = raw.receiveToEnd()
        var position = 0
        while position + 9 <= bytes.count {
            let length = Int(bytes[position]) << 16 | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2])
            if bytes[position + 3] == 7, position + 17 <= bytes.count {
                return bytes[position + 13..<position + 17].reduce(0) { $0 << 8 | UInt32($1) }
            }
            position += 9 + length
        }
        return nil
    }
}
