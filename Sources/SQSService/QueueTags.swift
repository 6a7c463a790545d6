import AWSWire
import ByteCoding
import EventModel
import EventStore

/// The rules for tags (SQS developer guide, "Amazon SQS cost allocation tags").
enum QueueTags {
    static func merged(
        _ old: [String: String], with new: [(key: String, value: String)]
    ) throws(AWSError) -> [String: String] {
        var tags = old
        for (key, value) in new {
            guard (1...128).contains(key.unicodeScalars.count), value.unicodeScalars.count <= 256 else {
                throw .invalidParameter("Tag keys must be 1 to 128 and values 0 to 256 characters long.")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw .invalidParameter("Tag keys must not start with aws:, which is reserved.")
            }
            tags[key] = value
        }
        guard tags.count <= SQSLimits.tags else {
            throw .invalidParameter("Too many tags added for queue: at most \(SQSLimits.tags) are allowed.")
        }
        return tags
    }
}

extension SQSService {
    func tagQueue(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let key = try queue(of: arguments, call).key
        guard let tags = try arguments.stringMap("Tags"), !tags.isEmpty else { throw .missing("Tags") }
        changeTags(of: key, call) { old throws(AWSError) in try QueueTags.merged(old, with: tags) }
    }

    func untagQueue(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let key = try queue(of: arguments, call).key
        guard let names = try arguments.strings("TagKeys"), !names.isEmpty else { throw .missing("TagKeys") }
        changeTags(of: key, call) { old throws(AWSError) in old.filter { !names.contains($0.key) } }
    }

    func listQueueTags(_ call: ServiceCall) throws(AWSError) {
        let queue = try queue(of: try CallArguments(parsing: call.body), call)
        var json = JSONWriter()
        json.beginObject()
        if !queue.tags.isEmpty {
            json.key("Tags")
            json.beginObject()
            for (key, value) in queue.tags.sorted(by: { $0.key < $1.key }) {
                json.key(escaping: key)
                json.value(value)
            }
            json.endObject()
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    private func changeTags(
        of key: QueueKey, _ call: ServiceCall,
        _ change: @escaping @Sendable ([String: String]) throws(AWSError) -> [String: String]
    ) {
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let queue = writer.catalog.queue(key) else { return .failure(.queueDoesNotExist) }
            let tags: [String: String]
            do throws(AWSError) { tags = try change(queue.tags) } catch { return .failure(error) }
            _ = try writer.updateQueue(key, attributes: queue.attributes, tags: tags)
            return .success(())
        } then: { result in
            switch result {
            case .success: call.succeed()
            case .failure(let error): call.fail(error)
            }
        }
    }
}
