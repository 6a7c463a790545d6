/// Why a call got no answer.
package enum HTTPClientError: Error, Equatable, CustomStringConvertible {
    case cannotConnect(url: String, reason: String)
    case timedOut(url: String)
    case failed(url: String, reason: String)

    package var description: String {
        switch self {
        case .cannotConnect(let url, let reason): "Cannot connect to \(url): \(reason)."
        case .timedOut(let url): "No complete answer from \(url) in time."
        case .failed(let url, let reason): "The call to \(url) failed: \(reason)."
        }
    }
}
