/// What a value of the Query protocol looks like, on its way in as parameters and on its way out as XML.
///
/// Lists and maps are flattened: `Name.1`, `Name.2` and `<Name>…</Name><Name>…</Name>`.
package indirect enum QueryShape: Sendable {
    case text
    case integer
    /// Base64 on both sides.
    case blob
    case list(QueryShape)
    /// A JSON object with any members; its pairs are structures with a key and a value of these names.
    case map(key: String, value: String, QueryShape)
    case structure([QueryMember])
}

/// A member of a structure: how JSON calls it, how the Query protocol does, and what it is.
package struct QueryMember: Sendable {
    /// The name in JSON.
    let json: String
    /// The name in parameters and XML.
    let wire: String
    let shape: QueryShape

    package init(_ wire: String, _ shape: QueryShape = .text, json: String? = nil) {
        self.json = json ?? wire
        self.wire = wire
        self.shape = shape
    }
}

/// An operation that is written once, for JSON, as the Query protocol has it.
package struct QueryOperation: Sendable {
    package let name: String
    package let input: [QueryMember]
    /// `nil` for an operation without a result.
    package let output: [QueryMember]?

    package init(_ name: String, _ input: [QueryMember], output: [QueryMember]? = nil) {
        self.name = name
        self.input = input
        self.output = output
    }
}

/// Why parameters cannot be made into the JSON that they stand for; `parameter` is the whole dotted name.
package enum QueryProblem: Error, Equatable {
    case missing(parameter: String)
    case notAnInteger(parameter: String, value: String)
    case notBase64(parameter: String, value: String)
}
