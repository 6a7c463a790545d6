import EventModel

// MARK: - Roles, policies, topics

extension TemplateCompiler {
    func identities(_ declared: [DeclaredResource], _ resolver: Resolver, into plan: inout TemplatePlan) {
        for resource in declared {
            guard let name = resolver.name(of: resource.logicalID, at: resource.place) else { continue }
            let origin = origin(of: resource)
            switch resource.kind {
            case .role:
                let role = IdentityResources.role(reader(resource, resolver), name: name, origin: origin)
                if let role { plan.roles.append(role) }
            case .managedPolicy:
                let policy = IdentityResources.managedPolicy(
                    reader(resource, resolver), name: name, origin: origin)
                if let policy { plan.managedPolicies.append(policy) }
            case .rolePolicy:
                let policy = IdentityResources.rolePolicy(reader(resource, resolver), origin: origin)
                if let policy { plan.rolePolicies.append(policy) }
            default: continue
            }
        }
    }

    func topics(_ declared: [DeclaredResource], _ resolver: Resolver, into plan: inout TemplatePlan) {
        let maker = TopicResources(
            location: context.location, queueAddress: "\(context.endpoint)/\(context.location.account)/")
        for resource in declared {
            guard let name = resolver.name(of: resource.logicalID, at: resource.place) else { continue }
            let origin = origin(of: resource)
            switch resource.kind {
            case .topic:
                let (topic, subscriptions) = maker.topic(
                    reader(resource, resolver), name: name, origin: origin)
                plan.topics.append(topic)
                for subscription in subscriptions { add(subscription, at: resource, to: &plan) }
            case .subscription:
                let subscription = maker.subscription(reader(resource, resolver), origin: origin)
                if let subscription { add(subscription, at: resource, to: &plan) }
            case .topicPolicy:
                plan.topicPolicies += maker.topicPolicies(reader(resource, resolver), origin: origin)
            case .queuePolicy:
                plan.queuePolicies += maker.queuePolicies(reader(resource, resolver), origin: origin)
            default: continue
            }
        }
    }

    /// A topic has one subscription for an endpoint.
    private func add(
        _ subscription: TemplatePlan.Subscription, at resource: DeclaredResource,
        to plan: inout TemplatePlan
    ) {
        let isThere = plan.subscriptions.contains {
            $0.topic == subscription.topic && $0.endpoint == subscription.endpoint
        }
        guard !isThere else {
            return problems.add(
                resource.place,
                "A subscription of \(subscription.endpoint.text) to \(subscription.topic) stands in this template "
                    + "already.")
        }
        plan.subscriptions.append(subscription)
    }

    func origin(of resource: DeclaredResource) -> String {
        "\(problems.file):\(resource.place.line):\(resource.place.column)"
    }
}
