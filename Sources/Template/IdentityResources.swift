import EventModel

/// Roles and policies of IAM, which are kept and not evaluated.
enum IdentityResources {
    static func role(_ reader: PropertyReader, name: String, origin: String) -> TemplatePlan.Role? {
        reader.accept("RoleName")
        let trustPolicy = reader.policyDocument("AssumeRolePolicyDocument", as: .trust)
        let path = path(reader)
        let description = description(reader)
        let seconds = reader.integer(
            "MaxSessionDuration",
            in: IdentityLimits.shortestMaxSessionSeconds...IdentityLimits.longestRoleSessionSeconds)
        let boundary = reader.has("PermissionsBoundary") ? reader.text("PermissionsBoundary") : nil
        if let boundary { checkPolicyARN(boundary, "PermissionsBoundary", reader) }
        var attached: [String] = []
        for arn in reader.texts("ManagedPolicyArns") ?? [] {
            checkPolicyARN(arn, "ManagedPolicyArns", reader)
            if !attached.contains(arn) { attached.append(arn) }
        }
        var inline: [String: LateText] = [:]
        for element in reader.list("Policies") ?? [] {
            let policy = PropertyReader(
                element, what: "a policy of \(reader.what)", problems: reader.problems)
            let policyName = policyName(policy)
            let document = policy.policyDocument("PolicyDocument", as: .permissions)
            policy.finish()
            guard let policyName, let document else { continue }
            if inline.updateValue(document, forKey: policyName) != nil {
                reader.problems.add(element.place, "There are two policies named \(policyName).")
            }
        }
        let tags = tags(reader)
        reader.finish()
        guard let trustPolicy, let path else { return nil }
        return TemplatePlan.Role(
            name: name, path: path, trustPolicy: trustPolicy, description: description,
            maxSessionSeconds: seconds ?? IdentityLimits.shortestMaxSessionSeconds,
            permissionsBoundary: boundary, attachedPolicies: attached, inlinePolicies: inline, tags: tags,
            origin: origin)
    }

    static func managedPolicy(
        _ reader: PropertyReader, name: String, origin: String
    ) -> TemplatePlan.ManagedPolicy? {
        reader.accept("ManagedPolicyName")
        let document = reader.policyDocument("PolicyDocument", as: .permissions)
        let path = path(reader)
        let description = description(reader)
        let roles = roles(reader)
        reader.finish()
        guard let document, let path else { return nil }
        return TemplatePlan.ManagedPolicy(
            name: name, path: path, document: document, description: description, roles: roles,
            origin: origin)
    }

    static func rolePolicy(_ reader: PropertyReader, origin: String) -> TemplatePlan.RolePolicy? {
        let name = policyName(reader)
        let document = reader.policyDocument("PolicyDocument", as: .permissions)
        let roles = roles(reader)
        reader.finish()
        if roles.isEmpty, !reader.has("Users"), !reader.has("Groups") {
            reader.problems.add(reader.place, "\(reader.what) needs Roles.")
        }
        guard let name, let document else { return nil }
        return TemplatePlan.RolePolicy(name: name, document: document, roles: roles, origin: origin)
    }

    // MARK: - Parts

    private static func roles(_ reader: PropertyReader) -> [String] {
        reader.refuse("Users", "there are no users")
        reader.refuse("Groups", "there are no groups")
        return reader.texts("Roles") ?? []
    }

    private static func policyName(_ reader: PropertyReader) -> String? {
        guard let name = reader.required("PolicyName") else { return nil }
        let rule = NameRule("PolicyName", 1...128, beside: "+=,.@_-")
        guard rule.accepts(name) else {
            reader.problems.add(reader.place, "'\(name)' cannot be the name of a policy: \(rule).")
            return nil
        }
        return name
    }

    /// `nil` when it is wrong.
    private static func path(_ reader: PropertyReader) -> String? {
        guard let path = reader.text("Path") else { return reader.has("Path") ? nil : "/" }
        let isPrintable = path.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard path.hasPrefix("/"), path.hasSuffix("/"), isPrintable, path.utf8.count <= 512 else {
            reader.problems.add(
                reader.value("Path")?.place ?? reader.place,
                "Path of \(reader.what) has to begin and end with a slash, but is '\(path)'.")
            return nil
        }
        guard !path.hasPrefix("/aws-service-role/") else {
            reader.problems.add(reader.place, "Service-linked roles are not supported.")
            return nil
        }
        return path
    }

    private static func description(_ reader: PropertyReader) -> String? {
        guard let text = reader.text("Description") else { return nil }
        if text.unicodeScalars.count > 1_000 {
            reader.problems.add(reader.place, "Description of \(reader.what) can have 1000 characters.")
        }
        return text
    }

    private static func tags(_ reader: PropertyReader) -> [String: String] {
        let tags = reader.tags("Tags")
        let areShort = tags.allSatisfy {
            (1...128).contains($0.key.unicodeScalars.count) && $0.value.unicodeScalars.count <= 256
        }
        if tags.count > IdentityLimits.tagsPerResource || !areShort {
            reader.problems.add(
                reader.place,
                "\(reader.what) can have \(IdentityLimits.tagsPerResource) tags, with keys of 1 to 128 and values of "
                    + "up to 256 characters.")
        }
        return tags
    }

    private static func checkPolicyARN(_ text: String, _ key: String, _ reader: PropertyReader) {
        guard let arn = ARN(text), arn.service == "iam", arn.resource.hasPrefix("policy/") else {
            return reader.problems.add(
                reader.value(key)?.place ?? reader.place,
                "\(key) of \(reader.what) has to be the ARN of a managed policy, but is '\(text)'.")
        }
    }
}
