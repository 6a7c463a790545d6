package import ByteCoding

/// The grammar of IAM's policy documents (IAM user guide, "Grammar of the IAM JSON policy language").
///
/// Checks the form only: nothing here evaluates a policy.
package enum PolicyDocument {
    package enum Use: Sendable, Equatable {
        /// Says who may assume a role: principals, no resources.
        case trust
        /// Says what is permitted: resources, no principals.
        case permissions
        /// Stands at a queue or topic and says who may use it: principals; resources may be left out.
        case resource
    }

    /// What is wrong with a policy, in AWS's words; `nil` when it is well formed.
    package static func problem(in text: String, as use: Use) -> String? {
        do throws(JSONError) {
            return problem(in: try JSONValue(parsing: Array(text.utf8)), as: use)
        } catch {
            return use == .trust ? "This policy contains invalid Json" : "Syntax errors in policy."
        }
    }

    /// As of the text, for a document that was parsed already.
    package static func problem(in document: JSONValue, as use: Use) -> String? {
        guard let members = document.objectValue, !members.isEmpty else { return "Syntax errors in policy." }
        for (name, value) in members.members {
            switch name {
            case "Version":
                guard let version = value.stringValue, ["2012-10-17", "2008-10-17"].contains(version) else {
                    return "Policy document must be version 2012-10-17 or greater."
                }
            case "Id":
                if value.stringValue == nil { return "Syntax errors in policy." }
            case "Statement": continue
            default: return "Syntax errors in policy."
            }
        }
        guard let given = members["Statement"] else { return "Syntax errors in policy." }
        let statements = given.arrayValue ?? [given]
        guard !statements.isEmpty else { return "Syntax errors in policy." }
        for statement in statements {
            if let problem = StatementRules(use: use).problem(in: statement) { return problem }
        }
        let names = statements.compactMap { $0["Sid"]?.stringValue }.filter { !$0.isEmpty }
        guard Set(names).count == names.count else {
            return "Statement IDs (SID) in a single policy must be unique."
        }
        return nil
    }

    /// Characters without white space, which is what AWS's quotas count.
    package static func length(of text: String) -> Int {
        text.unicodeScalars.count { !$0.properties.isWhitespace }
    }
}

/// What one member of `Statement` may hold.
private struct StatementRules {
    private static let members: Set<String> = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
        "Condition",
    ]
    private static let principalKinds: Set<String> = ["AWS", "Service", "Federated", "CanonicalUser"]

    let use: PolicyDocument.Use

    func problem(in statement: JSONValue) -> String? {
        guard let members = statement.objectValue else { return "Syntax errors in policy." }
        guard members.keys.allSatisfy(Self.members.contains) else { return "Syntax errors in policy." }
        guard let effect = members["Effect"] else { return "Missing required field Effect" }
        guard let effect = effect.stringValue, ["Allow", "Deny"].contains(effect) else {
            return "Syntax errors in policy."
        }
        if let sid = members["Sid"] {
            guard let text = sid.stringValue else { return "Syntax errors in policy." }
            guard text.utf8.allSatisfy({ Self.isLetterOrDigit($0) }) else {
                return
                    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                    + "expression [0-9A-Za-z]*"
            }
        }
        if let condition = members["Condition"] {
            guard let operators = condition.objectValue,
                operators.members.allSatisfy({ $0.value.objectValue != nil })
            else { return "Syntax errors in policy." }
        }
        return problemOfActions(members) ?? problemOfScope(members)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private func problemOfActions(_ members: JSONObject) -> String? {
        guard members["Action"] == nil || members["NotAction"] == nil else {
            return "Syntax errors in policy."
        }
        guard let given = members["Action"] ?? members["NotAction"], let actions = Self.texts(given),
            !actions.isEmpty
        else { return "Policy statement must contain actions." }
        for action in actions {
            if use == .trust {
                guard action.hasPrefix("sts:") else {
                    return "AssumeRole policy may only specify STS AssumeRole actions."
                }
            } else if action != "*" {
                let parts = action.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                }
            }
        }
        return nil
    }

    private func problemOfScope(_ members: JSONObject) -> String? {
        switch use {
        case .trust:
            for name in ["Resource", "NotResource"] where members[name] != nil {
                return "Has prohibited field \(name)"
            }
            return problemOfPrincipals(members)
        case .permissions:
            guard members["Principal"] == nil, members["NotPrincipal"] == nil else {
                return "Policy document should not specify a principal."
            }
            return problemOfResources(members)
        case .resource:
            let namesResources = members["Resource"] != nil || members["NotResource"] != nil
            return problemOfPrincipals(members) ?? (namesResources ? problemOfResources(members) : nil)
        }
    }

    private func problemOfResources(_ members: JSONObject) -> String? {
        guard members["Resource"] == nil || members["NotResource"] == nil else {
            return "Syntax errors in policy."
        }
        guard let given = members["Resource"] ?? members["NotResource"], let resources = Self.texts(given),
            !resources.isEmpty
        else { return "Policy statement must contain resources." }
        for resource in resources where resource != "*" && !resource.hasPrefix("arn:") {
            return "Resource \(resource) must be in ARN format or \"*\"."
        }
        return nil
    }

    private func problemOfPrincipals(_ members: JSONObject) -> String? {
        guard members["Principal"] == nil || members["NotPrincipal"] == nil else {
            return "Syntax errors in policy."
        }
        guard let principal = members["Principal"] ?? members["NotPrincipal"] else {
            return "Missing required field Principal"
        }
        return problemOfPrincipal(principal)
    }

    private func problemOfPrincipal(_ principal: JSONValue) -> String? {
        if let text = principal.stringValue { return text == "*" ? nil : "Syntax errors in policy." }
        guard let kinds = principal.objectValue, !kinds.isEmpty else { return "Syntax errors in policy." }
        for (kind, value) in kinds.members {
            guard Self.principalKinds.contains(kind), let names = Self.texts(value), !names.isEmpty else {
                return "Invalid principal in policy: \"\(kind)\":\(value.text)"
            }
        }
        return nil
    }

    /// One text or a list of texts.
    private static func texts(_ value: JSONValue) -> [String]? {
        if let text = value.stringValue { return text.isEmpty ? nil : [text] }
        guard let elements = value.arrayValue else { return nil }
        let texts = elements.compactMap(\.stringValue)
        return texts.count == elements.count ? texts : nil
    }
}
