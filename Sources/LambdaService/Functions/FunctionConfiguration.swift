import ByteCoding
import EventModel

extension FunctionDefinition {
    /// The `FunctionConfiguration` of the wire, without what Millrace does not know (code size and digest).
    func encode(_ arn: ARN, to json: inout JSONWriter) {
        json.beginObject()
        json.key("FunctionName")
        json.value(name)
        json.key("FunctionArn")
        json.value(arn.description)
        switch handler {
        case .runtime(let identifier, let handler, _):
            json.key("Runtime")
            json.value(identifier)
            json.key("Handler")
            json.value(handler)
        case .command(let words, _):
            json.key("Handler")
            json.value(words.joined(separator: " "))
        }
        json.key("Role")
        json.value(role)
        json.key("Description")
        json.value(description)
        json.key("Timeout")
        json.value(timeoutSeconds)
        json.key("MemorySize")
        json.value(memoryMegabytes)
        json.key("LastModified")
        json.value(String(modifiedAt.iso8601Milliseconds.dropLast()) + "+0000")
        json.key("Version")
        json.value("$LATEST")
        if !environment.isEmpty {
            json.key("Environment")
            json.beginObject()
            json.key("Variables")
            json.beginObject()
            for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
                json.key(escaping: name)
                json.value(value)
            }
            json.endObject()
            json.endObject()
        }
        json.key("PackageType")
        json.value("Zip")
        json.key("State")
        json.value("Active")
        json.key("LastUpdateStatus")
        json.value("Successful")
        json.endObject()
    }
}
