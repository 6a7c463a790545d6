import Digest
import EventModel
import MappingCore
import SQLite
import Synchronization

/// What the writer knows of topics besides their definitions; goes back when a group is lost.
struct TopicState {
    /// Deliveries that wait for HTTP endpoints.
    var waitingDeliveries = 0
    /// There since the first notification of the data directory was signed.
    var signer: NotificationSigner?

    init() {}

    init(reading connection: Connection) throws(SQLiteError) {
        let count = try connection.prepare("SELECT count(*) FROM topic_delivery")
        if try count.step() { waitingDeliveries = Int(count.int(0)) }
        count.reset()
        let key = try connection.prepare("SELECT private_key, certificate FROM topic_signer")
        if try key.step() { signer = NotificationSigner(privateKey: key.array(0), certificate: key.array(1)) }
        key.reset()
    }
}

/// Signs notifications and says where the certificate for it is found.
final class NotificationSigner: Sendable {
    let signer: MessageSigner
    /// `SimpleNotificationService-0123….pem`
    let certificateName: String

    init(_ signer: MessageSigner) {
        self.signer = signer
        certificateName = SigningCertificate.name(of: signer.certificate)
    }

    convenience init?(privateKey: [UInt8], certificate: [UInt8]) {
        guard let signer = MessageSigner(privateKey: privateKey, certificate: certificate) else { return nil }
        self.init(signer)
    }
}

/// Tools of the writer that hold no state of the store: nothing in them goes back with a lost group.
final class PublishingTools {
    let address = PublicAddress()
    let functions = FunctionEvents()
    let hasher = MD5Hasher()
    /// Compiled filter policies; one that was changed since is compiled anew.
    private var matchers: [SubscriptionKey: TopicFilterMatcher] = [:]

    /// Compiled patterns of rules.
    var eventMatchers: [EventRuleID: EventMatcher] = [:]

    private static let matchersMax = 10_000

    func matches(
        _ subscription: SubscriptionKey, _ filter: TopicFilter, message: [UInt8], attributes: [UInt8]
    ) -> Bool {
        var matcher = matchers.removeValue(forKey: subscription) ?? TopicFilterMatcher(filter)
        if matcher.filter != filter { matcher = TopicFilterMatcher(filter) }
        let isMatch = matcher.matches(message: message, attributes: attributes)
        // Those of subscriptions that ended are let go with all others, once in a while.
        if matchers.count >= Self.matchersMax { matchers.removeAll() }
        matchers[subscription] = matcher
        return isMatch
    }
}

/// The daemon's address as its clients on this machine see it, `http://127.0.0.1:4566` until it is known.
package final class PublicAddress: Sendable {
    private let text = Mutex("http://127.0.0.1:4566")

    package init() {}
    /// Without a slash at the end.
    package var value: String { text.withLock { $0 } }
    package func set(_ address: String) { text.withLock { $0 = address } }

    /// Below it are the pages that notifications name.
    package static let pages = "/_millrace/sns/"

    func confirmation(topic: ARN, token: String) -> String {
        "\(value)\(Self.pages)?Action=ConfirmSubscription&TopicArn=\(topic)&Token=\(token)"
    }

    func unsubscription(_ subscription: ARN) -> String {
        "\(value)\(Self.pages)?Action=Unsubscribe&SubscriptionArn=\(subscription)"
    }

    func certificate(_ name: String) -> String { "\(value)\(Self.pages)\(name)" }
}
