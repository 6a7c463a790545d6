import CCurl

/// A blocking HTTP/1.1 client over one libcurl handle, for the command line and tests; the caller's thread does the
/// work.
///
/// Connections are kept and used again. Not thread-safe: one client a thread.
package final class HTTPClient {
    package struct Response {
        package let status: Int
        /// In the order of arrival, names in lower case.
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        package subscript(header: String) -> String? {
            headers.first { $0.name == header.lowercased() }?.value
        }
    }

    /// Largest body that is taken; ours, far above any answer of AWS's APIs.
    package static let responseBytesMax = 64 * 1_048_576

    private let handle: UnsafeMutableRawPointer
    private let received = Received()

    /// - Parameter timeout: Longest time for one call, connecting included; `nil` for none.
    package init(timeout: Duration? = .seconds(30)) throws(HTTPClientError) {
        guard isLibraryReady, let handle = curl_easy_init() else {
            throw .failed(url: "", reason: "libcurl cannot be started")
        }
        self.handle = handle
        let milliseconds = timeout.map {
            $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
        }
        // Without this, libcurl interrupts name lookups by a signal, which is no good with several threads.
        millrace_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        millrace_curl_set_long(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        millrace_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(milliseconds ?? 0))
        millrace_curl_set_long(handle, CURLOPT_TCP_NODELAY, 1)
        // The daemon's address is meant as it stands, whatever proxies the environment names.
        "".withCString { _ = millrace_curl_set_pointer(handle, CURLOPT_PROXY, $0) }
        setReceivers()
    }

    deinit { curl_easy_cleanup(handle) }

    /// Makes one call and waits for the whole answer, whatever its status.
    ///
    /// A call that finds its kept connection dead before any byte of the answer is made once more on a new one.
    package func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) throws(HTTPClientError) -> Response {
        var code = perform(method, url, headers, body)
        let isDead = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING
        if isDead, received.isEmpty, connectionsMade == 0 {
            millrace_curl_set_long(handle, CURLOPT_FRESH_CONNECT, 1)
            code = perform(method, url, headers, body)
            millrace_curl_set_long(handle, CURLOPT_FRESH_CONNECT, 0)
        }
        guard code == CURLE_OK else { throw error(code, url) }
        var status = 0
        millrace_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Response(status: status, headers: received.headers, body: received.body)
    }

    // MARK: - One call

    private func perform(
        _ method: String, _ url: String, _ headers: [(String, String)], _ body: [UInt8]
    ) -> CURLcode {
        received.clear()
        var list: UnsafeMutablePointer<curl_slist>?
        // `Expect: 100-continue` would cost a round trip for every larger body.
        for line in headers.map({ "\($0.0): \($0.1)" }) + ["Expect:"] { list = curl_slist_append(list, line) }
        defer { curl_slist_free_all(list) }
        millrace_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        millrace_curl_set_pointer(handle, CURLOPT_URL, url)
        let hasBody = !body.isEmpty || method == "POST" || method == "PUT"
        millrace_curl_set_long(handle, CURLOPT_HTTPGET, 1)
        if hasBody { millrace_curl_set_long(handle, CURLOPT_POST, 1) }
        millrace_curl_set_long(handle, CURLOPT_NOBODY, method == "HEAD" ? 1 : 0)
        millrace_curl_set_pointer(handle, CURLOPT_CUSTOMREQUEST, method)
        return body.withUnsafeBufferPointer { bytes in
            if hasBody {
                // An empty array has no address, which libcurl would take for "read the body from a callback".
                millrace_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
                if let start = bytes.baseAddress {
                    millrace_curl_set_pointer(handle, CURLOPT_POSTFIELDS, start)
                } else {
                    millrace_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, "")
                }
            }
            return curl_easy_perform(handle)
        }
    }

    private var connectionsMade: Int {
        var count = 0
        millrace_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &count)
        return count
    }

    private func error(_ code: CURLcode, _ url: String) -> HTTPClientError {
        let reason = String(cString: curl_easy_strerror(code))
        return switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: .cannotConnect(url: url, reason: reason)
        case CURLE_OPERATION_TIMEDOUT: .timedOut(url: url)
        case CURLE_WRITE_ERROR:
            .failed(url: url, reason: "the answer is larger than \(Self.responseBytesMax) bytes")
        default: .failed(url: url, reason: reason)
        }
    }
}

// MARK: - Answer

extension HTTPClient {
    /// What has arrived of the present answer. Written by libcurl's callbacks, on the thread that called `send`.
    private final class Received {
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        private var statusLineSeen = false

        var isEmpty: Bool { !statusLineSeen }

        func clear() {
            headers.removeAll()
            body.removeAll(keepingCapacity: true)
            statusLineSeen = false
        }

        func addLine(_ line: String) {
            if line.hasPrefix("HTTP/") {
                // An interim answer (100) comes before the real one.
                statusLineSeen = true
                headers.removeAll()
                return
            }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return }
            let value = parts[1].drop { $0 == " " || $0 == "\t" }
            headers.append((parts[0].lowercased(), String(value.prefix { !$0.isNewline })))
        }
    }

    private func setReceivers() {
        let context = Unmanaged.passUnretained(received).toOpaque()
        millrace_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        millrace_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        millrace_curl_set_write(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
            guard received.body.count + size * count <= HTTPClient.responseBytesMax else { return 0 }
            received.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        millrace_curl_set_write(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            received.addLine(String(decoding: line, as: UTF8.self))
            return size * count
        }
    }
}

/// libcurl is to be started once, before any other thread uses it; a global is.
private let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
