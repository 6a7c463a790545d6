import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP
import SNSService
import WireTesting

/// A world with SNS alone, nothing delivered to HTTP endpoints, and the topic `news` in it.
struct SNSWorld {
    static let topic = "arn:aws:sns:us-east-1:000000000000:news"
    static let queue = "arn:aws:sqs:us-east-1:000000000000:orders"

    let wire: WireWorld

    init() throws {
        wire = try WireWorld { router, parts in
            let service = SNSService(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now,
                identifiers: parts.identifiers, report: { _ in })
            service.stopDelivering()
            service.register(on: &router)
        }
        _ = try wire.send(Self.request("CreateTopic", [("Name", "news")]))
    }

    static func request(_ action: String, _ parameters: [(String, String)]) -> HTTPRequest {
        var pairs: [String] = ["Action=\(action)", "Version=2010-03-31"]
        for (name, value) in parameters {
            pairs.append("\(PercentCoding.encoded(name))=\(PercentCoding.encoded(value))")
        }
        return HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("content-type", "application/x-www-form-urlencoded; charset=utf-8")]),
            body: Array(pairs.joined(separator: "&").utf8))
    }

    func send(_ action: String, _ parameters: [(String, String)]) throws -> HTTPResponse {
        try wire.send(Self.request(action, parameters))
    }

    /// The token that the last subscription's endpoint was sent.
    func lastToken() throws -> String {
        guard let subscription = wire.store.catalog.snapshot.webSubscriptions.last,
            case .pending(let token, _) = subscription.confirmation
        else { throw StoreError.notFound("A subscription that waits for its confirmation") }
        return token
    }
}
