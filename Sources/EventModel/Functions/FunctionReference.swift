/// A function as a caller names it: name, partial ARN or full ARN, each with or without qualifier (esm-api.md §2).
package struct FunctionReference: Equatable, Sendable {
    /// Without qualifier.
    package let name: String
    /// Version or alias as given (`$LATEST`, `1`, `live`); `nil` when none was given.
    package let qualifier: String?
    package let location: Location

    package init(name: String, qualifier: String? = nil, location: Location) {
        self.name = name
        self.qualifier = qualifier
        self.location = location
    }

    /// Reads `name[:q]`, `account:function:name[:q]` or `arn:aws:lambda:region:account:function:name[:q]`.
    ///
    /// What the text leaves out comes from `location`. `nil` for a text of another form.
    package init?(parsing text: String, in location: Location) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else { return nil }
        var place = location
        if parts.count >= 7, parts[0] == "arn", parts[2] == "lambda", parts[5] == "function" {
            place = Location(account: parts[4], region: parts[3])
            parts.removeFirst(6)
        } else if parts.count >= 3, parts[1] == "function" {
            place = Location(account: parts[0], region: location.region)
            parts.removeFirst(2)
        }
        guard parts.count <= 2, let name = parts.first, name != "arn" else { return nil }
        self.init(name: name, qualifier: parts.count == 2 ? parts[1] : nil, location: place)
    }

    /// The ARN with the qualification exactly as given.
    package var arn: ARN {
        location.arn("lambda", "function:\(name)" + (qualifier.map { ":\($0)" } ?? ""))
    }

    package var key: FunctionKey { FunctionKey(location: location, name: name) }
}
