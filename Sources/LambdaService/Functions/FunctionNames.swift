import AWSWire
import EventModel
import EventStore

extension LambdaService {
    /// The function, version or alias that path and `Qualifier` name.
    func reference(_ call: ServiceCall) throws(AWSError) -> FunctionReference {
        let text = call.pathParameters["FunctionName"] ?? ""
        return try Self.reference(text, qualifier: call.parameters["Qualifier"], in: call.location)
    }

    /// Like `reference`, for operations on the function as a whole: a qualifier in its name is passed over, as on AWS.
    func functionKey(_ call: ServiceCall) throws(AWSError) -> FunctionKey {
        let text = call.pathParameters["FunctionName"] ?? ""
        return try Self.reference(text, qualifier: nil, in: call.location).key
    }

    static func reference(
        _ text: String, qualifier: String?, in location: Location
    ) throws(AWSError) -> FunctionReference {
        guard let reference = FunctionReference(parsing: text, in: location), isName(reference.name) else {
            throw .constraint(
                text, "functionName",
                "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?"
                    + #"([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"#
                    + #"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"#)
        }
        guard reference.location.region == location.region else {
            throw .missing(
                "Functions from '\(reference.location.region)' are not reachable in this region ('\(location.region)')"
            )
        }
        guard let qualifier, !qualifier.isEmpty else { return reference }
        guard isQualifier(qualifier) else {
            throw .constraint(
                qualifier, "qualifier",
                #"Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"#)
        }
        guard reference.qualifier == nil || reference.qualifier == qualifier else {
            throw .invalidValue(
                "The derived qualifier from the function name does not match the specified qualifier.")
        }
        return FunctionReference(
            name: reference.name, qualifier: qualifier, location: reference.location)
    }

    private static func isQualifier(_ text: String) -> Bool {
        text.utf8.count <= 128 && (text == "$LATEST" || isName(text))
    }

    /// Letters, digits, `-` and `_`.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// The function's family, or AWS's 404.
    static func family(
        _ key: FunctionKey, in catalog: CatalogSnapshot, qualifier: String? = nil
    ) throws(AWSError) -> FunctionFamily {
        guard let family = catalog.family(key) else {
            throw .functionNotFound(key.arn(qualifier: qualifier))
        }
        return family
    }

    /// What a reference leads to, or AWS's 404.
    static func definition(
        _ reference: FunctionReference, in catalog: CatalogSnapshot
    ) throws(AWSError) -> FunctionDefinition {
        guard let definition = catalog.function(reference) else { throw .functionNotFound(reference) }
        return definition
    }
}

// MARK: - Pages of lists

extension LambdaService {
    /// The page of a list that `Marker` and `MaxItems` ask for, and the marker of the next one.
    ///
    /// - Parameter mark: What tells an element's place; elements are sorted by it.
    static func page<Element>(
        _ all: [Element], _ call: ServiceCall, most: Int = 50, mark: (Element) -> String
    ) throws(AWSError) -> (elements: ArraySlice<Element>, next: String?) {
        let limit = try pageSize(call, most: 10_000, page: most)
        var rest = all[...]
        if let marker = call.parameters["Marker"], !marker.isEmpty {
            // A marker is the mark before the page; one that was never given out ends the list.
            guard let last = Marker.text(marker), let index = all.firstIndex(where: { mark($0) == last })
            else { return ([], nil) }
            rest = all[(index + 1)...]
        }
        let page = rest.prefix(limit)
        guard rest.count > limit, let last = page.last else { return (page, nil) }
        return (page, Marker.make(mark(last)))
    }
}
