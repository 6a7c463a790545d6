import ByteCoding

/// The JSON texts in which a topic's messages reach their subscribers, and the texts that are signed for it.
///
/// Layout and order of members are those of Amazon SNS (SNS developer guide, "HTTP/HTTPS notification JSON format").
package struct NotificationEnvelope: Sendable {
    package enum Kind: Equatable, Sendable {
        case notification
        /// Asks the owner of an endpoint to confirm with this token.
        case subscriptionConfirmation(token: String)

        package var name: String {
            switch self {
            case .notification: "Notification"
            case .subscriptionConfirmation: "SubscriptionConfirmation"
            }
        }
    }

    package let kind: Kind
    package let messageID: String
    package let topicARN: String
    package let subject: String?
    /// UTF-8.
    package let message: [UInt8]
    /// `2019-01-04T23:52:54.584Z`.
    package let timestamp: String
    /// Where a confirmation goes; only in confirmations.
    package let subscribeURL: String

    package init(
        kind: Kind, messageID: String, topicARN: String, subject: String?, message: [UInt8],
        timestamp: String, subscribeURL: String = ""
    ) {
        self.kind = kind
        self.messageID = messageID
        self.topicARN = topicARN
        self.subject = subject
        self.message = message
        self.timestamp = timestamp
        self.subscribeURL = subscribeURL
    }
}

// MARK: - What is signed

extension NotificationEnvelope {
    /// Names and values line by line, in the order of the names (SNS developer guide, "Verifying the signatures").
    package var signedText: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(message.count + 512)
        func add(_ name: String, _ value: some Sequence<UInt8>) {
            text.append(contentsOf: name.utf8)
            text.append(UInt8(ascii: "\n"))
            text.append(contentsOf: value)
            text.append(UInt8(ascii: "\n"))
        }
        add("Message", message)
        add("MessageId", messageID.utf8)
        switch kind {
        case .notification:
            if let subject { add("Subject", subject.utf8) }
            add("Timestamp", timestamp.utf8)
        case .subscriptionConfirmation(let token):
            add("SubscribeURL", subscribeURL.utf8)
            add("Timestamp", timestamp.utf8)
            add("Token", token.utf8)
        }
        add("TopicArn", topicARN.utf8)
        add("Type", kind.name.utf8)
        return text
    }
}

// MARK: - The text

extension NotificationEnvelope {
    /// What the envelope says besides its message.
    package struct Proof: Sendable {
        /// `1` or `2`.
        package let version: String
        /// Base64.
        package let signature: String
        package let certificateURL: String

        package init(version: String, signature: String, certificateURL: String) {
            self.version = version
            self.signature = signature
            self.certificateURL = certificateURL
        }
    }

    /// - Parameters:
    ///   - unsubscribeURL: Only in notifications.
    ///   - attributes: A JSON object as `attributesJSON` writes it; empty for none.
    package func json(_ proof: Proof, unsubscribeURL: String = "", attributes: [UInt8] = []) -> [UInt8] {
        var lines = Lines(capacity: message.count + 1_024)
        lines.add("Type", kind.name)
        lines.add("MessageId", messageID)
        if case .subscriptionConfirmation(let token) = kind { lines.add("Token", token) }
        lines.add("TopicArn", topicARN)
        if let subject { lines.add("Subject", subject) }
        lines.add("Message", utf8: message)
        if case .subscriptionConfirmation = kind { lines.add("SubscribeURL", subscribeURL) }
        lines.add("Timestamp", timestamp)
        lines.add("SignatureVersion", proof.version)
        lines.add("Signature", proof.signature)
        lines.add("SigningCertURL", proof.certificateURL)
        if kind == .notification { lines.add("UnsubscribeURL", unsubscribeURL) }
        if !attributes.isEmpty { lines.add("MessageAttributes", json: attributes) }
        return lines.text
    }

    /// One member a line, with AWS's spaces.
    private struct Lines {
        private var json: JSONWriter
        private var isFirst = true

        init(capacity: Int) {
            json = JSONWriter(capacity: capacity)
            json.bytes.append(UInt8(ascii: "{"))
        }

        mutating func add(_ name: String, _ value: String) { add(name, utf8: Array(value.utf8)) }

        mutating func add(_ name: String, utf8: [UInt8]) {
            begin(name)
            var value = JSONWriter(capacity: utf8.count + 2)
            value.string(escaping: utf8.span)
            json.bytes.append(contentsOf: value.bytes)
        }

        mutating func add(_ name: String, json value: [UInt8]) {
            begin(name)
            json.bytes.append(contentsOf: value)
        }

        private mutating func begin(_ name: String) {
            json.bytes.append(contentsOf: (isFirst ? "\n  \"" : ",\n  \"").utf8)
            json.bytes.append(contentsOf: name.utf8)
            json.bytes.append(contentsOf: "\" : ".utf8)
            isFirst = false
        }

        var text: [UInt8] { json.bytes + Array("\n}".utf8) }
    }
}
