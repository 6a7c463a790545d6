import AWSWire
import ByteCoding
import EventModel

// MARK: - AddTagsToStream, RemoveTagsFromStream, ListTagsForStream

extension KinesisService {
    func addTagsToStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let tags = try arguments.tags("Tags")
        var constraints = Constraints()
        constraints.tags(tags, at: "tags", isRequired: true)
        try constraints.check()
        change(try stream(of: arguments, call), call) { stream, _ throws(AWSError) in
            try TagRules.add(
                tags ?? [], to: &stream.settings.tags, of: "stream \(stream.name)", stream.location.account)
        }
    }

    func removeTagsFromStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let keys = try arguments.strings("TagKeys")
        var constraints = Constraints()
        constraints.tagKeys(keys, at: "tagKeys")
        try constraints.check()
        change(try stream(of: arguments, call), call) { stream, _ throws(AWSError) in
            for key in keys ?? [] { stream.settings.tags[key] = nil }
        }
    }

    func listTagsForStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let start = try arguments.string("ExclusiveStartTagKey")
        let limit = try arguments.int("Limit")
        var constraints = Constraints()
        constraints.length(start, at: "exclusiveStartTagKey", KinesisLimits.tagKeyCharacters)
        constraints.range(limit, at: "limit", 1...KinesisLimits.tags)
        try constraints.check()
        let tags = try stream(of: arguments, call).settings.tags.sorted { $0.key < $1.key }
        let rest = tags[...].drop { tag in start.map { tag.key <= $0 } ?? false }
        let page = rest.prefix(limit ?? KinesisLimits.tags)
        var json = JSONWriter()
        json.beginObject()
        json.tags(page)
        json.key("HasMoreTags")
        json.value(page.count < rest.count)
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

/// What tags may look like and how many there may be (Kinesis API reference, `TagResource`).
enum TagRules {
    /// - Parameter what: Names the resource in errors: `stream clicks`.
    static func add(
        _ new: [(key: String, value: String)], to tags: inout [String: String], of what: String,
        _ account: String
    ) throws(AWSError) {
        guard new.allSatisfy({ isAllowed($0.key) && isAllowed($0.value) }) else {
            throw .invalidArgument(
                "Failed to add tags to \(what) under account \(account) because some tags contained illegal "
                    + "characters. The allowed characters are Unicode letters, digits, white-spaces, '_', '.', ':', "
                    + "'/', '=', '+', '-', '@'.")
        }
        let all = tags.merging(new.map { ($0.key, $0.value) }) { $1 }
        guard all.count <= KinesisLimits.tags else {
            throw .invalidArgument(
                "Failed to add tags to \(what) under account \(account) because a given resource cannot have more "
                    + "than \(KinesisLimits.tags) tags associated with it.")
        }
        tags = all
    }

    private static func isAllowed(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .decimalNumber, .letterNumber, .otherNumber:
                true
            default: scalar.properties.isWhitespace || "_.:/=+-@".unicodeScalars.contains(scalar)
            }
        }
    }
}

extension CallArguments {
    /// A map of tags; `nil` when it is not given.
    func tags(_ name: String) throws(AWSError) -> [(key: String, value: String)]? { try stringMap(name) }
}

extension Constraints {
    mutating func tags(_ tags: [(key: String, value: String)]?, at member: String, isRequired: Bool) {
        if isRequired { required(tags != nil, member) }
        guard let tags else { return }
        let shown = "{" + tags.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") + "}"
        if tags.isEmpty { note(shown, at: member, "Member must have length greater than or equal to 1") }
        if tags.count > KinesisLimits.tagsInCall {
            note(
                shown, at: member,
                "Member must have length less than or equal to \(KinesisLimits.tagsInCall)")
        }
        let keyLength = KinesisLimits.tagKeyCharacters
        if tags.contains(where: { !keyLength.contains($0.key.unicodeScalars.count) }) {
            note(
                shown, at: member,
                "Map keys must satisfy constraint: [Member must have length less than or equal to "
                    + "\(keyLength.upperBound), Member must have length greater than or equal to 1]")
        }
        let valueLength = KinesisLimits.tagValueCharacters
        if tags.contains(where: { $0.value.unicodeScalars.count > valueLength }) {
            note(
                shown, at: member,
                "Map value must satisfy constraint: [Member must have length less than or equal to "
                    + "\(valueLength), Member must have length greater than or equal to 0]")
        }
    }

    mutating func tagKeys(_ keys: [String]?, at member: String) {
        required(keys != nil, member)
        guard let keys else { return }
        let shown = "[\(keys.joined(separator: ", "))]"
        if keys.isEmpty { note(shown, at: member, "Member must have length greater than or equal to 1") }
        if keys.count > KinesisLimits.tags {
            note(shown, at: member, "Member must have length less than or equal to \(KinesisLimits.tags)")
        }
        let length = KinesisLimits.tagKeyCharacters
        if keys.contains(where: { !length.contains($0.unicodeScalars.count) }) {
            note(
                shown, at: member,
                "Member must satisfy constraint: [Member must have length less than or equal to "
                    + "\(length.upperBound), Member must have length greater than or equal to 1]")
        }
    }
}

extension JSONWriter {
    mutating func tags(_ tags: some Sequence<(key: String, value: String)>) {
        key("Tags")
        beginArray()
        for tag in tags {
            beginObject()
            key("Key")
            value(tag.key)
            key("Value")
            value(tag.value)
            endObject()
        }
        endArray()
    }
}
