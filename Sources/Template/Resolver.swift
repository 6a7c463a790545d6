import EventModel

/// Carries out intrinsic functions: knows the parameters, the pseudo parameters and what each resource will be called.
final class Resolver {
    let context: TemplateContext
    let stackName: String
    let problems: ProblemList
    private let parameters: [String: Value.Content]
    /// By logical ID.
    private let resources: [String: DeclaredResource]
    private var names: [String: String] = [:]
    /// Logical IDs whose names are being worked out, to find circles.
    private var pending: Set<String> = []

    init(
        context: TemplateContext, stackName: String, problems: ProblemList,
        parameters: [String: Value.Content], resources: [DeclaredResource]
    ) {
        self.context = context
        self.stackName = stackName
        self.problems = problems
        self.parameters = parameters
        self.resources = Dictionary(
            resources.map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func value(_ node: DocumentNode) -> Value {
        if let call = IntrinsicCall(node) { return Value(place: node.place, content: result(of: call)) }
        if let tag = node.tag {
            problems.add(
                node.place, "\(tag) is not supported; !Ref, !GetAtt, !Sub and !Join are.")
            return Value(place: node.place, content: .invalid)
        }
        switch node.content {
        case .scalar(let text, let isPlain):
            guard !node.isNull else {
                problems.add(node.place, "A value is missing here.")
                return Value(place: node.place, content: .invalid)
            }
            return Value(place: node.place, content: .text(text), isPlain: isPlain)
        case .sequence(let elements):
            let values = elements.map { value($0) }.filter { $0.content != .nothing }
            return Value(place: node.place, content: .list(values))
        case .mapping(let members):
            let values = members.map {
                Value.Member(key: $0.key, keyPlace: $0.keyPlace, value: value($0.value))
            }
            return Value(place: node.place, content: .object(values.filter { $0.value.content != .nothing }))
        }
    }

    // MARK: - Functions

    private func result(of call: IntrinsicCall) -> Value.Content {
        switch call.name {
        case "Ref":
            guard let name = call.argument.text else {
                return refuse(call, "takes the name of a parameter or resource")
            }
            return reference(to: name, at: call.argument.place)
        case "GetAtt": return attribute(call)
        case "Sub": return substitution(call)
        case "Join": return join(call)
        default:
            problems.add(
                call.place, "\(call.spelling) is not supported; Ref, Fn::GetAtt, Fn::Sub and Fn::Join are.")
            return .invalid
        }
    }

    private func attribute(_ call: IntrinsicCall) -> Value.Content {
        let parts: [String]
        if let text = call.argument.text {
            parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        } else {
            parts = call.argument.elements?.compactMap(\.text) ?? []
        }
        guard parts.count == 2 else { return refuse(call, "takes LogicalId.Attribute") }
        return attribute(parts[1], of: parts[0], at: call.argument.place)
    }

    private func join(_ call: IntrinsicCall) -> Value.Content {
        guard let arguments = call.argument.elements, arguments.count == 2, let separator = arguments[0].text
        else {
            return refuse(call, "takes a separator and a list")
        }
        let list = value(arguments[1])
        guard case .list(let elements) = list.content else {
            return list.content == .invalid ? .invalid : refuse(call, "takes a separator and a list")
        }
        let texts = elements.compactMap { text(of: $0, for: call) }
        return texts.count == elements.count ? .text(texts.joined(separator: separator)) : .invalid
    }

    private func substitution(_ call: IntrinsicCall) -> Value.Content {
        var own: [String: Value] = [:]
        var pattern = call.argument
        if let arguments = call.argument.elements {
            guard arguments.count == 2, let members = arguments[1].members else {
                return refuse(call, "takes a text, or a list of a text and a map of values")
            }
            pattern = arguments[0]
            for member in members { own[member.key] = value(member.value) }
        }
        guard let text = pattern.text, pattern.tag == nil else { return refuse(call, "takes a text") }
        let pieces = SubstitutionPiece.pieces(of: text)
        let values = pieces.map { piece -> Value in
            Value(place: pattern.place, content: content(of: piece, own: own, at: pattern.place))
        }
        // A text that is one reference and nothing else may stand for a stream's ARN.
        if values.count == 1, let only = values.first { return only.content }
        let texts = values.compactMap { self.text(of: $0, for: call) }
        return texts.count == values.count ? .text(texts.joined()) : .invalid
    }

    private func content(
        of piece: SubstitutionPiece, own: [String: Value], at place: DocumentNode.Place
    ) -> Value.Content {
        switch piece {
        case .literal(let text): return .text(text)
        case .reference(let name):
            if let value = own[name] { return value.content }
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return reference(to: name, at: place) }
            return attribute(parts[1], of: parts[0], at: place)
        }
    }

    private func text(of value: Value, for call: IntrinsicCall) -> String? {
        switch value.content {
        case .text(let text): return text
        case .invalid: return nil
        case .late, .list, .object, .nothing:
            problems.add(value.place, "\(call.spelling) cannot make a text of \(value.kindName).")
            return nil
        }
    }

    private func refuse(_ call: IntrinsicCall, _ reason: String) -> Value.Content {
        problems.add(call.place, "\(call.spelling) \(reason).")
        return .invalid
    }
}

// MARK: - References

extension Resolver {
    private func reference(to name: String, at place: DocumentNode.Place) -> Value.Content {
        if let content = parameters[name] { return content }
        if let content = pseudoParameter(name) { return content }
        guard let resource = resources[name] else { return unknown(name, at: place) }
        guard let kind = resource.kind, let physical = self.name(of: name, at: place) else { return .invalid }
        switch kind {
        case .queue: return .text("\(context.endpoint)/\(context.location.account)/\(physical)")
        case .stream, .table, .serverlessFunction, .function, .role, .bucket: return .text(physical)
        case .consumer:
            guard let stream = stream(ofConsumer: resource) else { return .invalid }
            return .late(.consumer(stream: stream, name: physical))
        case .topic: return .text(context.location.arn("sns", physical).description)
        case .managedPolicy: return .text(identityARN("policy", physical, of: resource))
        case .mapping:
            problems.add(place, "The UUID of \(name) is not known before the mapping is there.")
            return .invalid
        case .subscription, .topicPolicy, .queuePolicy, .rolePolicy:
            problems.add(place, "Ref of \(name) (\(resource.type)) is not supported.")
            return .invalid
        }
    }

    private func attribute(_ attribute: String, of name: String, at place: DocumentNode.Place)
        -> Value.Content
    {
        guard let resource = resources[name] else { return unknown(name, at: place) }
        guard let kind = resource.kind, let physical = self.name(of: name, at: place) else { return .invalid }
        let location = context.location
        switch (kind, attribute) {
        case (.queue, "Arn"): return .text(location.arn("sqs", physical).description)
        case (.queue, "QueueName"), (.topic, "TopicName"), (.consumer, "ConsumerName"):
            return .text(physical)
        case (.queue, "QueueUrl"), (.topic, "TopicArn"): return reference(to: name, at: place)
        case (.managedPolicy, "PolicyArn"), (.consumer, "ConsumerARN"): return reference(to: name, at: place)
        case (.consumer, "StreamARN"):
            return stream(ofConsumer: resource).map { .text($0.description) } ?? .invalid
        case (.stream, "Arn"): return .text(location.arn("kinesis", "stream/\(physical)").description)
        case (.table, "Arn"): return .text(location.arn("dynamodb", "table/\(physical)").description)
        case (.table, "StreamArn"): return .late(.tableStream(tableName: physical))
        case (.function, "Arn"), (.serverlessFunction, "Arn"):
            return .text(location.arn("lambda", "function:\(physical)").description)
        case (.bucket, "Arn"): return .text("arn:aws:s3:::\(physical)")
        case (.role, "Arn"): return .text(identityARN("role", physical, of: resource))
        default:
            problems.add(place, "The attribute \(attribute) of \(name) (\(resource.type)) is not supported.")
            return .invalid
        }
    }

    /// `nil` when it is wrong, which is reported where the consumer is read.
    private func stream(ofConsumer resource: DeclaredResource) -> ARN? {
        resource.properties?["StreamARN"].flatMap { value($0).text }.flatMap { ARN($0) }
    }

    /// The ARN of a role or policy, which its path is a part of.
    private func identityARN(_ type: String, _ name: String, of resource: DeclaredResource) -> String {
        let path = resource.properties?["Path"].flatMap { value($0).text } ?? "/"
        return "arn:aws:iam::\(context.location.account):\(type)\(path)\(name)"
    }

    private func pseudoParameter(_ name: String) -> Value.Content? {
        switch name {
        case "AWS::Region": .text(context.location.region)
        case "AWS::AccountId": .text(context.location.account)
        case "AWS::Partition": .text("aws")
        case "AWS::URLSuffix": .text("amazonaws.com")
        case "AWS::StackName": .text(stackName)
        case "AWS::NoValue": .nothing
        default: nil
        }
    }

    private func unknown(_ name: String, at place: DocumentNode.Place) -> Value.Content {
        let guess = Suggestion.nearest(to: name, among: parameters.keys.sorted() + resources.keys.sorted())
        let hint = guess.map { " Did you mean \($0)?" } ?? ""
        problems.add(
            place,
            name.hasPrefix("AWS::")
                ? "The pseudo parameter \(name) is not supported."
                : "There is no parameter or resource named \(name).\(hint)")
        return .invalid
    }

    /// What the resource is called outside the template; `nil` when that was found to be wrong.
    func name(of logicalID: String, at place: DocumentNode.Place) -> String? {
        if let name = names[logicalID] { return name }
        guard let resource = resources[logicalID], let kind = resource.kind else { return nil }
        guard pending.insert(logicalID).inserted else {
            problems.add(place, "The name of \(logicalID) refers to itself in a circle.")
            return nil
        }
        defer { pending.remove(logicalID) }
        var name = kind.freeName("\(stackName)-\(logicalID)")
        if kind == .queue, let node = resource.properties?["FifoQueue"],
            value(node).text?.lowercased() == "true"
        {
            name += ".fifo"
        }
        var namePlace = resource.place
        if let key = kind.nameRule?.key, let node = resource.properties?[key] {
            let given = value(node)
            namePlace = node.place
            switch given.content {
            case .text(let text): name = text
            case .nothing: break
            case .invalid: return nil
            case .list, .object, .late:
                problems.add(node.place, "\(key) has to be a text.")
                return nil
            }
        }
        guard kind.accepts(name: name) else {
            let rule = kind.nameRule?.description ?? ""
            problems.add(namePlace, "'\(name)' cannot be the name of \(resource.type): \(rule).")
            return nil
        }
        names[logicalID] = name
        return name
    }
}
