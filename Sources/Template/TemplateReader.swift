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
    /// A template's text with the path it came from; relative code folders start at the path's folder.
    package struct Source: Sendable {
        package let path: String
        package let text: [UInt8]

        package init(path: String, text: [UInt8]) {
            self.path = path
            self.text = text
        }
    }

    /// Reads templates and resolves them to one plan.
    ///
    /// Names that a template leaves open become `<stack>-<LogicalId>`, the stack being the file's name without its
    /// extension (of `template.yaml` the folder's), so that reading twice gives the same plan.
    /// - Throws: every problem of every file, in their order.
    package static func plan(files paths: [String], context: TemplateContext) throws(TemplateError)
        -> TemplatePlan
    {
        var sources: [Source] = []
        var unreadable: [TemplateProblem] = []
        for path in paths {
            do {
                sources.append(Source(path: path, text: try DocumentReader.contents(of: path)))
            } catch { unreadable.append(error) }
        }
        guard unreadable.isEmpty else { throw TemplateError(problems: unreadable) }
        return try plan(sources, context: context)
    }

    /// The same for templates that have been read.
    package static func plan(_ sources: [Source], context: TemplateContext) throws(TemplateError)
        -> TemplatePlan
    {
        var plan = TemplatePlan()
        var problems: [TemplateProblem] = []
        var declared: Set<String> = []
        for source in sources {
            do {
                let root = try DocumentReader.read(source.text, named: source.path)
                declared.formUnion(root["Parameters"]?.members?.map(\.key) ?? [])
                let list = ProblemList(file: source.path)
                let part = compiler(root, source.path, context, list).plan()
                checkNames(of: part, beside: plan, list)
                plan.append(part)
                problems += list.sorted
            } catch { problems.append(error) }
        }
        if problems.isEmpty, let path = sources.first?.path {
            problems = unknownParameters(context, declared: declared, path)
        }
        guard problems.isEmpty else { throw TemplateError(problems: problems) }
        return plan
    }

    private static func compiler(
        _ root: DocumentNode, _ path: String, _ context: TemplateContext, _ problems: ProblemList
    ) -> TemplateCompiler {
        let absolute = FilePath.absolute(path, from: FilePath.workingDirectory())
        return TemplateCompiler(
            root: root, context: context, problems: problems, stackName: stackName(ofFile: absolute),
            folder: String(absolute[..<(absolute.lastIndex(of: "/") ?? absolute.startIndex)]))
    }

    private static func unknownParameters(
        _ context: TemplateContext, declared: Set<String>, _ path: String
    ) -> [TemplateProblem] {
        context.parameters.keys.sorted().filter { !declared.contains($0) }.map { name in
            let guess = Suggestion.nearest(to: name, among: declared.sorted()).map { " Did you mean \($0)?" }
            return TemplateProblem(
                file: path, line: 0, column: 0,
                message: "The parameter \(name) is given a value, but no template has it.\(guess ?? "")")
        }
    }

    /// Two templates that make the same thing would undo each other's settings.
    private static func checkNames(of part: TemplatePlan, beside plan: TemplatePlan, _ problems: ProblemList)
    {
        let names = Set(plan.resourceNames)
        for name in part.resourceNames where names.contains(name) {
            problems.add(.init(line: 1, column: 1), "The \(name) is made by another template too.")
        }
    }

    /// `orders` of `/a/orders.yaml` and of `/a/orders/template.yaml`; what no name may hold becomes a hyphen.
    static func stackName(ofFile absolute: String) -> String {
        let parts = absolute.split(separator: "/").map(String.init)
        let base = stem(parts.last ?? "stack")
        let name = base == "template" ? parts.dropLast().last ?? base : base
        return String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-" })
    }

    /// `demo` of `demo.template.yaml` too.
    private static func stem(_ file: String) -> String {
        var name = file
        for ending in [".json", ".yaml", ".yml", ".template"] where name.hasSuffix(ending) && name != ending {
            name.removeLast(ending.count)
        }
        return name
    }
}

extension TemplatePlan {
    fileprivate var resourceNames: [String] {
        queues.map { "queue \($0.name)" } + streams.map { "stream \($0.name)" }
            + tables.map { "table \($0.name)" }
            + consumers.map { "consumer \($0.name) of \($0.stream)" } + topics.map { "topic \($0.name)" }
            + buckets.map { "bucket \($0)" } + roles.map { "role \($0.name)" }
            + managedPolicies.map { "policy \($0.name)" } + functions.map { "function \($0.name)" }
    }

    fileprivate mutating func append(_ part: TemplatePlan) {
        queues += part.queues
        streams += part.streams
        tables += part.tables
        consumers += part.consumers
        buckets += part.buckets
        topics += part.topics
        subscriptions += part.subscriptions
        managedPolicies += part.managedPolicies
        roles += part.roles
        rolePolicies += part.rolePolicies
        queuePolicies += part.queuePolicies
        topicPolicies += part.topicPolicies
        functions += part.functions
        mappings += part.mappings
    }
}
