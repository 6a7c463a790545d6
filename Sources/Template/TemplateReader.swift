package import EventModel

/// What a template cannot know by itself.
package struct TemplateContext: Sendable {
    package var location: Location
    /// `Name=Value` pairs that replace defaults of `Parameters`; a name that no template declares is a problem.
    package var parameters: [String: String]
    /// The daemon's own address without a final slash, for `!Ref` of a queue: `http://127.0.0.1:4566`.
    package var endpoint: String
    package var now: Timestamp

    package init(
        location: Location = Location(), parameters: [String: String] = [:], endpoint: String, now: Timestamp
    ) {
        self.location = location
        self.parameters = parameters
        self.endpoint = endpoint
        self.now = now
    }
}

/// Reads SAM and CloudFormation templates, YAML or JSON.
package enum TemplateReader {
    /// Reads one template and resolves it to a plan.
    ///
    /// Names that the template leaves open become `<stack>-<LogicalId>`, the stack being the file's name without its
    /// extension (of `template.yaml` the folder's), so that reading twice gives the same plan.
    /// - Throws: every problem found, in the order of the file.
    package static func plan(file path: String, context: TemplateContext) throws(TemplateError)
        -> TemplatePlan
    {
        fatalError("pending")
    }
}
