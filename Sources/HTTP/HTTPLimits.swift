/// What a server accepts and how long it waits.
package struct HTTPLimits: Sendable {
    /// Request line and header fields together; also trailers and chunk extensions together.
    package var headBytesMax = 64 * 1024
    package var headerCountMax = 128
    package var bodyBytesMax = 16 * 1024 * 1024
    /// Other bounds of bodies, by how the target begins; the first that fits holds.
    package var largerBodies: [LargerBody] = []
    package var connectionsMax = 10_000
    /// What all connections of the server together hold of bodies that are not complete yet.
    package var heldBytesMax = 512 * 1024 * 1024
    /// From a request's first byte to its last.
    package var requestTimeout = Duration.seconds(60)
    /// Between requests on a kept connection; nil keeps it for ever.
    package var idleTimeout: Duration? = .seconds(120)
    /// Without the client taking a single byte of its answer.
    package var writeTimeout = Duration.seconds(60)

    /// Requests under way in one HTTP/2 connection; many of them are long polls.
    package var streamsMax = 2000
    /// What one streamed answer may leave unread before its client is given up.
    package var streamBytesMax = 16 * 1024 * 1024

    package init() {}

    /// A greater bound for the bodies of some requests.
    package struct LargerBody: Sendable {
        package let targetPrefix: String
        package let bytesMax: Int

        package init(targetPrefix: String, bytesMax: Int) {
            self.targetPrefix = targetPrefix
            self.bytesMax = bytesMax
        }
    }

    /// The bound for the body of a request.
    func bodyBytesMax(of target: String) -> Int {
        largerBodies.first { target.hasPrefix($0.targetPrefix) }?.bytesMax ?? bodyBytesMax
    }
}
