import EventModel
import EventStore
import HTTP
import HTTPClient

/// A thread that makes one blocking delivery after the other.
///
/// `@unchecked Sendable`: `client` is touched on the worker's own loop only.
final class DeliveryWorker: @unchecked Sendable {
    /// Runs nothing but deliveries, so that they may block it.
    private let loop: EventLoop
    private var client: HTTPClient?

    /// Longest time for one attempt, connecting included (SNS developer guide: an endpoint has 15 s to answer).
    private static let timeout = Duration.seconds(15)

    init() throws(HTTPError) {
        loop = try EventLoop(label: "sns-delivery")
        loop.start()
    }

    /// Makes the attempt and calls back on the worker's thread.
    func make(
        _ attempt: DeliveryAttempt, _ completion: @escaping @Sendable (DeliveryAttempt.Result) -> Void
    ) {
        loop.execute { [self] in completion(send(attempt)) }
    }

    private func send(_ attempt: DeliveryAttempt) -> DeliveryAttempt.Result {
        do throws(HTTPClientError) {
            let response = try connected().send(
                "POST", attempt.subscription.endpoint.text, headers: attempt.headers,
                body: attempt.delivery.body)
            return DeliveryAttempt.result(ofStatus: response.status)
        } catch {
            return .failed(reason: error.description)
        }
    }

    /// Keeps connections from one attempt to the next.
    private func connected() throws(HTTPClientError) -> HTTPClient {
        if let client { return client }
        let made = try HTTPClient(timeout: Self.timeout)
        client = made
        return made
    }

    /// Waits for the attempt under way and ends the thread.
    func stop() { loop.stop() }
}
