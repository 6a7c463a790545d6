import AWSWire
import ByteCoding
import EventModel
import EventStore

// MARK: - TagResource, UntagResource, ListTagsForResource, and the older forms by name

extension LogsService {
    func tagResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let group = try resource(arguments)
        try change(call, tagsOf: group.name, in: group.location, set: LogTags.checked(arguments))
    }

    func untagResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let group = try resource(arguments)
        let keys = try LogTags.keys(arguments, "tagKeys")
        change(call, tagsOf: group.name, in: group.location, remove: keys)
    }

    func listTagsForResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let group = try resource(arguments)
        list(try existing(group.name, in: group.location), call)
    }

    func tagLogGroup(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        try change(call, tagsOf: name, in: call.location, set: LogTags.checked(arguments))
    }

    func untagLogGroup(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        let keys = try LogTags.keys(arguments, "tags")
        change(call, tagsOf: name, in: call.location, remove: keys)
    }

    func listTagsLogGroup(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        list(try existing(try groupName(arguments), in: call.location), call)
    }

    /// The group that `resourceArn` names.
    private func resource(_ arguments: CallArguments) throws(AWSError) -> LogGroupARN {
        let text = try arguments.string("resourceArn")
        var constraints = Constraints()
        constraints.required(text != nil, "resourceArn")
        try constraints.check()
        if let arn = text.flatMap({ ARN($0) }), arn.service == "logs", arn.resource.hasPrefix("destination:")
        {
            throw .notSupported("Millrace does not support destinations of CloudWatch Logs yet.")
        }
        guard let arn = text.flatMap({ LogGroupARN($0) }) else {
            throw .invalid("The resource ARN \(text ?? "") is not valid.")
        }
        return arn
    }

    private func change(
        _ call: ServiceCall, tagsOf name: String, in location: Location, set: [String: String] = [:],
        remove: [String] = []
    ) {
        change(call) { writer throws(StoreError) in
            try writer.changeLogTags(
                ofGroupNamed: name, in: location, set: set, remove: remove, limit: LogsLimits.tags)
        }
    }

    private func list(_ group: LogGroup, _ call: ServiceCall) {
        var json = JSONWriter()
        json.beginObject()
        json.key("tags")
        json.beginObject()
        for (key, value) in group.tags.sorted(by: { $0.key < $1.key }) {
            json.key(escaping: key)
            json.value(value)
        }
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

/// What tags may look like (CloudWatch Logs API reference, `TagResource`).
enum LogTags {
    static func checked(
        _ arguments: CallArguments, isRequired: Bool = true
    ) throws(AWSError) -> [String: String] {
        let given = try arguments.stringMap("tags")
        var constraints = Constraints()
        if isRequired { constraints.required(given != nil, "tags") }
        if let given { constraints.count(given.count, at: "tags", 1...LogsLimits.tags) }
        for tag in given ?? [] {
            constraints.length(tag.key, at: "tags", 1...LogsLimits.tagKeyCharacters)
            constraints.length(tag.value, at: "tags", 0...LogsLimits.tagValueCharacters)
            for text in [tag.key, tag.value] where !isSpelled(text) {
                constraints.note(
                    text, at: "tags",
                    #"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"#)
            }
        }
        try constraints.check()
        return Dictionary((given ?? []).map { ($0.key, $0.value) }) { $1 }
    }

    static func keys(_ arguments: CallArguments, _ member: String) throws(AWSError) -> [String] {
        let keys = try arguments.strings(member)
        var constraints = Constraints()
        constraints.required(keys != nil, member)
        for key in keys ?? [] { constraints.length(key, at: member, 1...LogsLimits.tagKeyCharacters) }
        try constraints.check()
        return keys ?? []
    }

    private static func isSpelled(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .decimalNumber, .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator,
                .paragraphSeparator:
                true
            default: "_.:/=+-@".unicodeScalars.contains(scalar)
            }
        }
    }
}
