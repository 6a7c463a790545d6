import ByteCoding
import EventModel

/// Which moment of a function's life an answer shows.
///
/// A function is ready with the commit that answers its creation: what takes AWS seconds, fetching and unpacking, came
/// before. So these states are told by the answer itself and never seen by a later call.
enum FunctionPhase {
    case settled
    case creating
    case updating
    /// In lists, which show no state.
    case listed
}

extension FunctionDefinition {
    /// The `FunctionConfiguration` of the wire.
    func encode(_ arn: ARN, _ phase: FunctionPhase, to json: inout JSONWriter) {
        json.beginObject()
        json.member("FunctionName", name)
        json.member("FunctionArn", arn.description)
        encodeHandler(to: &json)
        json.member("Role", role)
        if let code {
            json.key("CodeSize")
            json.value(code.size)
            json.member("CodeSha256", code.sha256)
        }
        json.member("Description", description)
        json.key("Timeout")
        json.value(timeoutSeconds)
        json.key("MemorySize")
        json.value(memoryMegabytes)
        json.member("LastModified", modifiedAt.lambdaDate)
        json.member("Version", version.description)
        if !environment.isEmpty {
            json.key("Environment")
            json.beginObject()
            json.key("Variables")
            json.map(environment)
            json.endObject()
        }
        json.key("TracingConfig")
        json.raw(#"{"Mode":"PassThrough"}"#)
        if !revisionID.isEmpty { json.member("RevisionId", revisionID) }
        encodeLayers(to: &json)
        encodeState(phase, to: &json)
        json.member("PackageType", "Zip")
        json.key("Architectures")
        json.beginArray()
        json.value(architecture)
        json.endArray()
        json.key("EphemeralStorage")
        json.raw(#"{"Size":512}"#)
        json.key("SnapStart")
        json.raw(#"{"ApplyOn":"None","OptimizationStatus":"Off"}"#)
        json.key("LoggingConfig")
        json.beginObject()
        json.member("LogFormat", "Text")
        json.member("LogGroup", "/aws/lambda/\(name)")
        json.endObject()
        json.endObject()
    }

    private func encodeHandler(to json: inout JSONWriter) {
        switch handler {
        case .runtime(let identifier, let handler, _):
            json.member("Runtime", identifier)
            json.member("Handler", handler)
        case .command(let words, _): json.member("Handler", words.joined(separator: " "))
        }
    }

    private func encodeLayers(to json: inout JSONWriter) {
        guard !layers.isEmpty else { return }
        json.key("Layers")
        json.beginArray()
        for layer in layers {
            json.beginObject()
            json.member("Arn", layer.arn.description)
            json.key("CodeSize")
            json.value(layer.code.size)
            json.endObject()
        }
        json.endArray()
    }

    private func encodeState(_ phase: FunctionPhase, to json: inout JSONWriter) {
        let reason = "The function is being created."
        switch phase {
        case .listed: break
        case .settled:
            json.member("State", "Active")
            json.member("LastUpdateStatus", "Successful")
        case .creating:
            json.member("State", "Pending")
            json.member("StateReason", reason)
            json.member("StateReasonCode", "Creating")
        case .updating:
            json.member("State", "Active")
            json.member("LastUpdateStatus", "InProgress")
            json.member("LastUpdateStatusReason", reason)
            json.member("LastUpdateStatusReasonCode", "Creating")
        }
    }

    /// The configuration as a whole answer.
    func configuration(_ arn: ARN, _ phase: FunctionPhase = .settled) -> [UInt8] {
        var json = JSONWriter(capacity: 1_024)
        encode(arn, phase, to: &json)
        return json.bytes
    }
}

extension CodePackage {
    /// The digest as the wire has it, base64.
    var sha256: String { Hex.decode(digest).map { Base64.encode($0) } ?? "" }
}

extension Timestamp {
    /// `2024-07-03T09:46:40.123+0000`.
    var lambdaDate: String { String(iso8601Milliseconds.dropLast()) + "+0000" }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        self.value(value)
    }

    /// An object of texts, sorted by name.
    mutating func map(_ texts: [String: String]) {
        beginObject()
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            key(escaping: name)
            value(text)
        }
        endObject()
    }

    mutating func list(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}
