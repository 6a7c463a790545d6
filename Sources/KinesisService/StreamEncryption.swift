import AWSWire
import EventModel

// MARK: - StartStreamEncryption, StopStreamEncryption

extension KinesisService {
    /// Remembers the key and says so from now on; nothing is encrypted, Millrace has no keys.
    func startStreamEncryption(_ call: ServiceCall) throws(AWSError) {
        let (stream, keyID) = try encryptionRequest(call)
        change(stream, call) { stream, now throws(AWSError) in
            stream.settings.encrypt(with: keyID, now: now, retention: stream.retention)
        }
    }

    func stopStreamEncryption(_ call: ServiceCall) throws(AWSError) {
        let (stream, _) = try encryptionRequest(call)
        change(stream, call) { stream, now throws(AWSError) in
            stream.settings.encrypt(with: nil, now: now, retention: stream.retention)
        }
    }

    private func encryptionRequest(_ call: ServiceCall) throws(AWSError) -> (StreamDefinition, String) {
        let arguments = try CallArguments(parsing: call.body)
        let type = try arguments.string("EncryptionType")
        let keyID = try arguments.string("KeyId")
        var constraints = Constraints()
        constraints.required(type != nil, "encryptionType")
        constraints.choice(type, at: "encryptionType", ["KMS", "NONE"])
        constraints.required(keyID != nil, "keyId")
        constraints.length(keyID, at: "keyId", 1...2_048)
        try constraints.check()
        let stream = try stream(of: arguments, call)
        guard type == "KMS" else { throw .invalidArgument("The only valid EncryptionType is KMS.") }
        return (stream, keyID ?? "")
    }
}

extension StreamDefinition {
    var retention: Duration { .seconds(retentionHours * 3_600) }
}
