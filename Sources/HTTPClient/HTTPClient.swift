/// A blocking HTTP/1.1 client over one libcurl handle, for the command line and tests; the caller's thread does the work.
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

    /// - Parameter timeout: Longest time for one call, connecting included; `nil` for none.
    package init(timeout: Duration? = .seconds(30)) throws(HTTPClientError) {
        fatalError("pending")
    }

    /// Makes one call and waits for the whole answer, whatever its status.
    ///
    /// A call that finds its kept connection dead before any byte of the answer is made once more on a new one.
    package func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) throws(HTTPClientError) -> Response {
        fatalError("pending")
    }
}
