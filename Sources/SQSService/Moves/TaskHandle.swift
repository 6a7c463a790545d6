import AWSWire
import ByteCoding
import EventModel

/// What names a message move task on the wire: base64 of a JSON object with its ID and its queue (recorded on AWS).
struct TaskHandle: Equatable {
    let task: String
    let source: ARN

    init(task: String, source: ARN) {
        self.task = task
        self.source = source
    }

    /// - Throws: `InvalidParameterValue` for anything that is no handle.
    init(parsing text: String) throws(AWSError) {
        guard let bytes = Base64.decode(text), let json = Self.object(bytes),
            let task = json["taskId"]?.stringValue,
            let source = json["sourceArn"]?.stringValue.flatMap({ ARN($0) })
        else {
            throw .invalidParameter("Value for parameter TaskHandle is invalid.")
        }
        self.init(task: task, source: source)
    }

    var text: String {
        let json: JSONValue = ["taskId": .string(task), "sourceArn": .string(source.description)]
        return Base64.encode(json.bytes)
    }

    private static func object(_ bytes: [UInt8]) -> JSONObject? {
        String(validating: bytes, as: UTF8.self).flatMap { JSONText.object($0) }
    }
}
