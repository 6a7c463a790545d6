import EventModel

/// Turns the tree of one template into a plan, collecting every problem on the way.
struct TemplateCompiler {
    let root: DocumentNode
    let context: TemplateContext
    let problems: ProblemList
    let stackName: String
    /// The template's folder, absolute.
    let folder: String

    /// The queues are in the order of the file; problems have to be looked at before the plan is used.
    func plan() -> TemplatePlan {
        guard let members = root.members else {
            problems.add(root.place, "A template has to be a map, but this is \(root.kindName).")
            return TemplatePlan()
        }
        checkSections(members)
        let declared = resources()
        let resolver = Resolver(
            context: context, stackName: stackName, problems: problems,
            parameters: ParameterSection(problems: problems, given: context.parameters).values(
                root["Parameters"]),
            resources: declared)
        checkNames(declared, resolver)
        var plan = TemplatePlan()
        sources(declared, resolver, into: &plan)
        identities(declared, resolver, into: &plan)
        topics(declared, resolver, into: &plan)
        consumers(declared, resolver, into: &plan)
        checkOutputs(resolver)
        orderQueues(&plan, declared, resolver)
        checkMappings(plan)
        return plan
    }

    // MARK: - Sections

    private func checkSections(_ members: [DocumentNode.Member]) {
        for member in members {
            switch member.key {
            case "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Globals", "Resources",
                "Outputs":
                continue
            case "Transform":
                let names = member.value.elements?.compactMap(\.text) ?? [member.value.text ?? ""]
                guard names != ["AWS::Serverless-2016-10-31"] else { continue }
                problems.add(
                    member.value.place, "Transform is supported for AWS::Serverless-2016-10-31 only.")
            default: problems.add(member.keyPlace, "The section \(member.key) is not supported.")
            }
        }
        if root["Resources"]?.members?.isEmpty ?? true {
            problems.add(root["Resources"]?.place ?? root.place, "A template needs Resources.")
        }
    }

    private func resources() -> [DeclaredResource] {
        let globals = Globals(root["Globals"], problems: problems)
        let members = root["Resources"]?.members ?? []
        return members.compactMap { member in
            guard let parts = member.value.members else {
                problems.add(member.keyPlace, "The resource \(member.key) has to be a map with a Type.")
                return nil
            }
            checkAttributes(parts, of: member.key, all: members)
            guard let type = member.value["Type"]?.text else {
                problems.add(member.keyPlace, "The resource \(member.key) needs a Type.")
                return nil
            }
            let kind = DeclaredResource.Kind(rawValue: type)
            if kind == nil {
                refuseType(type, of: member.key, at: member.value["Type"]?.place ?? member.keyPlace)
            }
            let properties = member.value["Properties"]
            return DeclaredResource(
                logicalID: member.key, place: member.keyPlace, type: type, kind: kind,
                properties: kind == .serverlessFunction
                    ? globals.applied(to: properties, at: member.keyPlace) : properties,
                metadata: member.value["Metadata"])
        }
    }

    private func refuseType(_ type: String, of name: String, at place: DocumentNode.Place) {
        let types = DeclaredResource.Kind.allCases.map(\.rawValue)
        let guess = Suggestion.nearest(to: type, among: types).map { " Did you mean \($0)?" }
        let fallback = " Supported are \(types.joined(separator: ", "))."
        problems.add(place, "\(name) is of type \(type), which is not supported.\(guess ?? fallback)")
    }

    private func checkAttributes(
        _ parts: [DocumentNode.Member], of name: String, all: [DocumentNode.Member]
    ) {
        for part in parts {
            switch part.key {
            // Millrace deletes nothing by itself, so these two say nothing new.
            case "Type", "Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy": continue
            case "DependsOn":
                let names = part.value.elements ?? [part.value]
                for node in names where !all.contains(where: { $0.key == node.text }) {
                    problems.add(
                        node.place, "\(name) depends on \(node.text ?? "something") that is not in Resources."
                    )
                }
            default: problems.add(part.keyPlace, "\(part.key) of the resource \(name) is not supported.")
            }
        }
    }

    private func checkNames(_ declared: [DeclaredResource], _ resolver: Resolver) {
        var seen: [String: String] = [:]
        for resource in declared {
            // Consumers of different streams may have one name.
            guard let kind = resource.kind, kind.nameRule != nil, kind != .consumer,
                let name = resolver.name(of: resource.logicalID, at: resource.place)
            else { continue }
            let family = kind == .serverlessFunction ? DeclaredResource.Kind.function : kind
            let first = seen.updateValue(resource.logicalID, forKey: "\(family.rawValue) \(name)")
            if let first {
                problems.add(resource.place, "\(resource.logicalID) has the same name as \(first): \(name).")
            }
        }
    }

    /// Outputs do nothing here, but a reference that leads nowhere is a mistake that AWS would refuse.
    private func checkOutputs(_ resolver: Resolver) {
        for member in root["Outputs"]?.members ?? [] {
            if let value = member.value["Value"] { _ = resolver.value(value) }
        }
    }

    // MARK: - Resources

    func reader(_ resource: DeclaredResource, _ resolver: Resolver) -> PropertyReader {
        let node = resource.properties ?? DocumentNode(place: resource.place, content: .mapping([]))
        return PropertyReader(
            resolver.value(node), what: "\(resource.logicalID) (\(resource.type))", problems: problems)
    }

    private func sources(_ declared: [DeclaredResource], _ resolver: Resolver, into plan: inout TemplatePlan)
    {
        for resource in declared {
            guard let name = resolver.name(of: resource.logicalID, at: resource.place) else { continue }
            switch resource.kind {
            case .queue: plan.queues.append(SourceResources.queue(reader(resource, resolver), name: name))
            case .stream: plan.streams.append(SourceResources.stream(reader(resource, resolver), name: name))
            case .consumer:
                let maker = SourceResources.consumer
                let origin = origin(of: resource)
                guard let consumer = maker(reader(resource, resolver), name, origin) else { continue }
                let isThere = plan.consumers.contains {
                    $0.stream == consumer.stream && $0.name == consumer.name
                }
                if isThere {
                    problems.add(
                        resource.place, "The consumer \(name) of \(consumer.stream) stands here already.")
                }
                plan.consumers.append(consumer)
            case .bucket:
                let reader = reader(resource, resolver)
                reader.accept("BucketName")
                reader.finish()
                plan.buckets.append(name)
            case .table:
                if let table = TableResource(reader(resource, resolver)).table(named: name) {
                    plan.tables.append(table)
                }
            default: continue
            }
        }
    }

    private func consumers(
        _ declared: [DeclaredResource], _ resolver: Resolver, into plan: inout TemplatePlan
    ) {
        var surroundings = MappingResource.Surroundings()
        for queue in plan.queues {
            surroundings.queues[context.location.arn("sqs", queue.name)] = queue.attributes
        }
        surroundings.tablesWithoutStream = Set(plan.tables.filter { $0.streamView == nil }.map(\.name))
        var events: [(PropertyReader, ARN, MillraceMetadata)] = []
        for resource in declared where resource.kind == .serverlessFunction || resource.kind == .function {
            guard let name = resolver.name(of: resource.logicalID, at: resource.place) else { continue }
            let reader = reader(resource, resolver)
            let maker = FunctionResource(resource: resource, resolver: resolver, name: name, folder: folder)
            let function = maker.function(reader)
            let arn = context.location.arn("lambda", "function:\(name)")
            let list = resource.kind == .serverlessFunction ? reader.object("Events") : nil
            if let list { events.append((list, arn, maker.metadata)) }
            reader.finish()
            maker.metadata.check(events: list?.members.map(\.key) ?? [], problems)
            surroundings.functions[arn] = function?.timeoutSeconds ?? 1
            if let function { plan.functions.append(function) }
        }
        let maker = MappingResource(resolver: resolver, surroundings: surroundings)
        for (list, function, metadata) in events {
            plan.mappings += list.members.compactMap {
                maker.event($0, function: function, destinations: metadata.destinations(ofEvent: $0.key))
            }
        }
        for resource in declared where resource.kind == .mapping {
            let destinations = MillraceMetadata(of: resource, resolver).destinations
            let reader = reader(resource, resolver)
            if let mapping = maker.resource(reader, place: resource.place, destinations: destinations) {
                plan.mappings.append(mapping)
            }
        }
    }

    // MARK: - Across resources

    /// Puts dead-letter queues before the queues that name them; AWS refuses a target that is not there.
    private func orderQueues(_ plan: inout TemplatePlan, _ declared: [DeclaredResource], _ resolver: Resolver)
    {
        var waiting = plan.queues
        var ordered: [TemplatePlan.Queue] = []
        while !waiting.isEmpty {
            let names = Set(waiting.map { context.location.arn("sqs", $0.name) })
            let ready = waiting.filter { queue in
                queue.attributes.redrive.map { !names.contains($0.deadLetterTarget) } ?? true
            }
            guard !ready.isEmpty else {
                let circle = waiting.map(\.name).joined(separator: ", ")
                problems.add(
                    root["Resources"]?.place ?? root.place,
                    "Dead-letter queues refer to each other in a circle: \(circle).")
                return
            }
            ordered += ready
            waiting.removeAll { queue in ready.contains { $0.name == queue.name } }
        }
        plan.queues = ordered
    }

    /// One mapping per source and function (esm-api.md §7).
    private func checkMappings(_ plan: TemplatePlan) {
        var seen: [TemplatePlan.Source: Set<ARN>] = [:]
        for mapping in plan.mappings
        where !seen[mapping.source, default: []].insert(mapping.functionARN).inserted {
            let parts = mapping.origin.split(separator: ":").suffix(2).compactMap { Int($0) }
            problems.add(
                .init(line: parts.first ?? 0, column: parts.last ?? 0),
                "A mapping of this source to \(mapping.functionARN) stands in this template already.")
        }
    }
}
